from netmind_tui.node.agent.looked import Speaker

LOST = "has fallen off the bus"


def test_a_device_that_is_lost_leaves_the_others_working_and_is_told_once(live, tmp_path):
    heard = tmp_path / "heard"

    async def story(life):
        life.world.cards[1].lost = LOST
        await life.looks(70)
        assert life.state("gpu:1") == ("lost", "lost")
        assert life.state("gpu:0") == ("contributing", "inside-window")
        assert [event.sentence for event in life.told("device-lost")] == ["gpu:1 has fallen off the bus"]
        await life.run.hooks.idle()
        life.world.cards[1].lost = None
        await life.looks(2)
        assert life.state("gpu:1") == ("contributing", "inside-window")
        assert len(life.told("device-back")) == 1

    live(story, hooks={"device-lost": ("sh", "-c", f"cat >> {heard}")})
    assert len(heard.read_text().splitlines()) == 1


def test_another_card_in_a_slot_waits_for_one_answer(live):
    async def story(life):
        life.world.cards[1].uuid = "GPU-000000ff-0000-0000-0000-000000000000"
        await life.looks(3)
        assert life.state("gpu:1") == ("blocked", "replaced")
        assert life.state("gpu:0") == ("contributing", "inside-window")
        assert len(life.told("device-replaced")) == 1
        question = life.agent.questions()[0]
        assert (question.device, question.id) == ("gpu:1", "replaced.gpu:1")
        await life.agent.accept(question.id, Speaker(name="anna", via="cli"))
        assert life.state("gpu:1") == ("contributing", "inside-window")
        assert life.agent.questions() == ()

    async def later(life):
        assert life.state("gpu:1") == ("contributing", "inside-window")
        assert life.told("device-replaced") == []

    here = live(story)
    live(later, here=here)


def test_a_question_that_was_not_answered_is_there_at_the_next_start_and_not_told_again(live):
    async def story(life):
        life.world.cards[0].uuid = "GPU-000000ff-0000-0000-0000-000000000000"
        await life.looks(2)

    async def later(life):
        assert life.state("gpu:0") == ("blocked", "replaced")
        assert life.told("device-replaced") == []

    live(later, here=live(story))


def test_a_driver_that_was_updated_blocks_the_cards_once_and_leaves_the_processor(live):
    async def story(life):
        life.world.mismatch = "the NVIDIA library and the loaded kernel module have different versions"
        await life.looks(70)
        assert life.state("gpu:0") == ("blocked", "blocked")
        assert life.state("cpu") == ("contributing", "inside-window")
        assert [event.sentence for event in life.told("driver-mismatch")] == ["blocked: driver updated, reboot needed"]
        assert life.told("device-lost") == []

    live(story)


def test_cards_that_are_known_and_not_listed_are_lost_and_after_an_update_blocked(live):
    async def first(life):
        await life.looks(1)

    async def unlisted(life):
        assert life.state("gpu:1") == ("lost", "lost")

    async def mismatched(life):
        assert life.state("gpu:1") == ("blocked", "blocked")

    here = live(first)
    cards = here.cards[:]
    here.cards[:] = cards[:1]
    live(unlisted, here=here)
    here.cards[:] = []
    here.mismatch = "different versions"
    live(mismatched, here=here)


def test_a_card_that_is_new_and_a_limit_that_changed_are_told(live):
    async def first(life):
        await life.looks(1)

    async def second(life):
        assert life.told("devices-changed")[0].device == "gpu:2"
        life.world.cards[0].power_limit_w = 250.0
        await life.looks(2)
        changed = life.told("limits-changed")
        assert [event.sentence for event in changed] == ["the power limit of gpu:0 changed from 300 W to 250 W"]

    here = live(first)
    more = here.cards[1]
    here.cards.append(type(more)(number=2, uuid="GPU-00000002-0000-0000-0000-000000000000"))
    live(second, here=here)
