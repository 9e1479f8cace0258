"""Work as money: metered intervals on their way into the ledger, and what an hour is worth for those who decide."""
