PRAGMA application_id = 1313688644;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE asset (
        number INTEGER PRIMARY KEY,
        code TEXT NOT NULL UNIQUE,
        exponent INTEGER NOT NULL CHECK (exponent BETWEEN 0 AND 18),
        kind TEXT NOT NULL CHECK (kind IN ('fiat', 'token'))
    ) STRICT;
INSERT INTO "asset" VALUES(1,'NMT',18,'token');
INSERT INTO "asset" VALUES(2,'EUR',2,'fiat');
CREATE TABLE carried (
        owner TEXT NOT NULL,
        debit TEXT NOT NULL,
        credit TEXT NOT NULL,
        asset INTEGER NOT NULL REFERENCES asset,
        rest TEXT NOT NULL,
        PRIMARY KEY (owner, debit, credit, asset)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "carried" VALUES('GPU-0','claims:open','claims:metered',1,'0/1');
INSERT INTO "carried" VALUES('GPU-0','expenses:energy:host','liabilities:energy',2,'6/7');
INSERT INTO "carried" VALUES('GPU-0','expenses:energy:idle','liabilities:energy',2,'1/180');
INSERT INTO "carried" VALUES('GPU-0','expenses:energy:marginal','liabilities:energy',2,'2/3');
CREATE TABLE entry (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
        kind TEXT NOT NULL CHECK (kind IN ('metered', 'accepted', 'rejected', 'settled', 'expired', 'correction')),
        at_ms INTEGER NOT NULL,
        until_ms INTEGER NOT NULL CHECK (until_ms >= at_ms),
        made_ms INTEGER NOT NULL,
        subject INTEGER NOT NULL REFERENCES subject,
        about TEXT REFERENCES entry (id) CHECK ((about IS NULL) = (kind = 'metered')),
        note TEXT NOT NULL,
        activity TEXT,
        duration_ms INTEGER,
        energy_ms INTEGER,
        energy_mj INTEGER,
        idle_mj INTEGER,
        host_mj INTEGER,
        uncertain_mj INTEGER,
        method TEXT,
        previous BLOB NOT NULL CHECK (length(previous) = 32),
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT;
INSERT INTO "entry" VALUES(1,'w-1','metered',1772323200000,1772324100000,1772323200000,1,NULL,'{"card":"manual 1","price":"0.30 EUR/kWh"}','work',900000,900000,270000000,45000000,0,13500000,'nvml_energy',X'0000000000000000000000000000000000000000000000000000000000000000',X'01B451DF3BEE642B92DEB69C07F98747C1629A63CA0C46AA523145BB2807D2A1');
INSERT INTO "entry" VALUES(2,'w-2','metered',1772324100000,1772325000000,1772323200000,1,NULL,'{}','work',900000,900000,270000000,45000000,0,13500000,'nvml_energy',X'01B451DF3BEE642B92DEB69C07F98747C1629A63CA0C46AA523145BB2807D2A1',X'BCF2C7D4E5C318CE88994A264EB7B9B05DA33E14E404C76F85BEB3482B2E65F1');
INSERT INTO "entry" VALUES(3,'w-3','metered',1772325000000,1772325900000,1772323200000,2,NULL,'{}','work',900000,900000,270000000,45000000,0,13500000,'nvml_energy',X'BCF2C7D4E5C318CE88994A264EB7B9B05DA33E14E404C76F85BEB3482B2E65F1',X'C3A23A20D8ABCF9B97977DFB626DA081B2AE99F30388219BDF5EBAA3FF44FC94');
INSERT INTO "entry" VALUES(4,'w-4','metered',1772325000000,1772325900000,1772323200000,3,NULL,'{"unpriced":"no price was known"}','work',900000,900000,270000000,45000000,0,13500000,'nvml_energy',X'C3A23A20D8ABCF9B97977DFB626DA081B2AE99F30388219BDF5EBAA3FF44FC94',X'150993D1D95711877938AE57272FDB00FB0CBC2CDBEC7DD855C6B816F5CC9877');
INSERT INTO "entry" VALUES(5,'w-1-a','accepted',1772323200000,1772324100000,1772323200000,4,'w-1','{}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,X'150993D1D95711877938AE57272FDB00FB0CBC2CDBEC7DD855C6B816F5CC9877',X'E444CE9CEE9278BAA76113625FEF37EFE7D874CD81C9B47C641404A33DEF918B');
INSERT INTO "entry" VALUES(6,'w-3-r','rejected',1772325000000,1772325900000,1772323200000,2,'w-3','{"reason":"wrong result"}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,X'E444CE9CEE9278BAA76113625FEF37EFE7D874CD81C9B47C641404A33DEF918B',X'F272B205EA54188711F9005531540F7A766A51F314689D50FBAC9C01F0FCB945');
INSERT INTO "entry" VALUES(7,'w-2-e','expired',1772324100000,1772325000000,1772323200000,1,'w-2','{}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,X'F272B205EA54188711F9005531540F7A766A51F314689D50FBAC9C01F0FCB945',X'F96A62FADA643EBDF5BC4278D5B2C0137566E7A1FD2D508C4A0AE4018C1E5819');
INSERT INTO "entry" VALUES(8,'w-1-s','settled',1772323200000,1772324100000,1772323200000,4,'w-1','{}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,X'F96A62FADA643EBDF5BC4278D5B2C0137566E7A1FD2D508C4A0AE4018C1E5819',X'AF657866B1AAFE8AF37C108C27AD6F8C4F4DD4859F8D1FA8ECBC29696D1DEA28');
INSERT INTO "entry" VALUES(9,'w-1-c','correction',1772323200000,1772324100000,1772323200000,1,'w-1','{"reason":"the meter was read twice"}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,X'AF657866B1AAFE8AF37C108C27AD6F8C4F4DD4859F8D1FA8ECBC29696D1DEA28',X'89DEABD40B3FD4FBC418FB6A9B32785B106736AF87928B2C20E8EC4CDF9B0978');
CREATE TABLE posting (
        entry INTEGER NOT NULL,
        line INTEGER NOT NULL,
        account TEXT NOT NULL,
        asset INTEGER NOT NULL REFERENCES asset,
        high INTEGER NOT NULL,
        low INTEGER NOT NULL CHECK (low BETWEEN 0 AND 999999999),
        exact TEXT,
        PRIMARY KEY (entry, line)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "posting" VALUES(1,0,'claims:open',1,333333333,333333333,'1/3');
INSERT INTO "posting" VALUES(1,1,'claims:metered',1,-333333334,666666667,NULL);
INSERT INTO "posting" VALUES(1,2,'expenses:energy:marginal',2,0,0,'1/1800');
INSERT INTO "posting" VALUES(1,3,'liabilities:energy',2,0,0,NULL);
INSERT INTO "posting" VALUES(1,4,'expenses:energy:idle',2,0,0,'1/18000');
INSERT INTO "posting" VALUES(1,5,'liabilities:energy',2,0,0,NULL);
INSERT INTO "posting" VALUES(2,0,'claims:open',1,666666666,666666667,'2/3');
INSERT INTO "posting" VALUES(2,1,'claims:metered',1,-666666667,333333333,NULL);
INSERT INTO "posting" VALUES(2,2,'expenses:energy:marginal',2,0,1,'29/1800');
INSERT INTO "posting" VALUES(2,3,'liabilities:energy',2,-1,999999999,NULL);
INSERT INTO "posting" VALUES(2,4,'expenses:energy:host',2,-1,999999999,'-1/700');
INSERT INTO "posting" VALUES(2,5,'liabilities:energy',2,0,1,NULL);
INSERT INTO "posting" VALUES(3,0,'claims:open',2,0,5,'1/20');
INSERT INTO "posting" VALUES(3,1,'claims:metered',2,-1,999999995,NULL);
INSERT INTO "posting" VALUES(4,0,'claims:open',1,123456789123456789,123456789,'123456789123456789123456789/1000000000000000000');
INSERT INTO "posting" VALUES(4,1,'claims:metered',1,-123456789123456790,876543211,NULL);
INSERT INTO "posting" VALUES(5,0,'claims:accepted',1,333333333,333333333,'333333333333333333/1000000000000000000');
INSERT INTO "posting" VALUES(5,1,'claims:open',1,-333333334,666666667,NULL);
INSERT INTO "posting" VALUES(5,2,'assets:receivable',1,32222222,222222222,'16111111111111111/500000000000000000');
INSERT INTO "posting" VALUES(5,3,'income:work',1,-32222223,777777778,NULL);
INSERT INTO "posting" VALUES(5,4,'expenses:fees',1,1111111,111111111,'1111111111111111/1000000000000000000');
INSERT INTO "posting" VALUES(5,5,'income:work',1,-1111112,888888889,NULL);
INSERT INTO "posting" VALUES(6,0,'claims:rejected',2,0,5,'1/20');
INSERT INTO "posting" VALUES(6,1,'claims:open',2,-1,999999995,NULL);
INSERT INTO "posting" VALUES(7,0,'claims:expired',1,666666666,666666667,'666666666666666667/1000000000000000000');
INSERT INTO "posting" VALUES(7,1,'claims:open',1,-666666667,333333333,NULL);
INSERT INTO "posting" VALUES(8,0,'assets:settled',1,32222222,222222222,'16111111111111111/500000000000000000');
INSERT INTO "posting" VALUES(8,1,'assets:receivable',1,-32222223,777777778,NULL);
INSERT INTO "posting" VALUES(9,0,'expenses:energy:marginal',2,0,1,'1/100');
INSERT INTO "posting" VALUES(9,1,'liabilities:energy',2,-1,999999999,NULL);
CREATE TABLE reached (source TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "reached" VALUES('meter',4);
CREATE TABLE subject (
        number INTEGER PRIMARY KEY,
        node TEXT NOT NULL,
        device TEXT NOT NULL,
        uuid TEXT NOT NULL,
        workload TEXT NOT NULL,
        payer TEXT NOT NULL,
        job TEXT NOT NULL,
        UNIQUE (node, device, uuid, workload, payer, job)
    ) STRICT;
INSERT INTO "subject" VALUES(1,'sha256:5eed','gpu:0','GPU-0','llm','','');
INSERT INTO "subject" VALUES(2,'sha256:5eed','cpu','','llm','','');
INSERT INTO "subject" VALUES(3,'sha256:5eed','gpu:1','GPU-1','llm','','');
INSERT INTO "subject" VALUES(4,'sha256:5eed','gpu:0','GPU-0','llm','network','');
CREATE TABLE tally (
        hour INTEGER NOT NULL,
        subject INTEGER NOT NULL REFERENCES subject,
        account TEXT NOT NULL,
        asset INTEGER NOT NULL REFERENCES asset,
        high INTEGER NOT NULL,
        low INTEGER NOT NULL,
        PRIMARY KEY (hour, subject, account, asset)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "tally" VALUES(492312,1,'claims:expired',1,666666666,666666667);
INSERT INTO "tally" VALUES(492312,1,'claims:metered',1,-1000000000,0);
INSERT INTO "tally" VALUES(492312,1,'claims:open',1,333333333,333333333);
INSERT INTO "tally" VALUES(492312,1,'expenses:energy:host',2,-1,999999999);
INSERT INTO "tally" VALUES(492312,1,'expenses:energy:idle',2,0,0);
INSERT INTO "tally" VALUES(492312,1,'expenses:energy:marginal',2,0,2);
INSERT INTO "tally" VALUES(492312,1,'liabilities:energy',2,-1,999999999);
INSERT INTO "tally" VALUES(492312,2,'claims:metered',2,-1,999999995);
INSERT INTO "tally" VALUES(492312,2,'claims:open',2,0,0);
INSERT INTO "tally" VALUES(492312,2,'claims:rejected',2,0,5);
INSERT INTO "tally" VALUES(492312,3,'claims:metered',1,-123456789123456790,876543211);
INSERT INTO "tally" VALUES(492312,3,'claims:open',1,123456789123456789,123456789);
INSERT INTO "tally" VALUES(492312,4,'assets:receivable',1,0,0);
INSERT INTO "tally" VALUES(492312,4,'assets:settled',1,32222222,222222222);
INSERT INTO "tally" VALUES(492312,4,'claims:accepted',1,333333333,333333333);
INSERT INTO "tally" VALUES(492312,4,'claims:open',1,-333333334,666666667);
INSERT INTO "tally" VALUES(492312,4,'expenses:fees',1,1111111,111111111);
INSERT INTO "tally" VALUES(492312,4,'income:work',1,-33333334,666666667);
CREATE TABLE tally_usage (
        hour INTEGER NOT NULL,
        subject INTEGER NOT NULL REFERENCES subject,
        kind TEXT NOT NULL,
        activity TEXT NOT NULL,
        method TEXT NOT NULL,
        entries INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        energy_ms INTEGER NOT NULL,
        energy_mj INTEGER NOT NULL,
        idle_mj INTEGER NOT NULL,
        host_mj INTEGER NOT NULL,
        uncertain_mj INTEGER NOT NULL,
        PRIMARY KEY (hour, subject, kind, activity, method)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "tally_usage" VALUES(492312,1,'metered','work','nvml_energy',2,1800000,1800000,540000000,90000000,0,27000000);
INSERT INTO "tally_usage" VALUES(492312,2,'metered','work','nvml_energy',1,900000,900000,270000000,45000000,0,13500000);
INSERT INTO "tally_usage" VALUES(492312,3,'metered','work','nvml_energy',1,900000,900000,270000000,45000000,0,13500000);
CREATE INDEX entry_at ON entry (at_ms);
CREATE UNIQUE INDEX entry_answer ON entry (about) WHERE kind IN ('accepted', 'rejected', 'expired');
CREATE UNIQUE INDEX entry_settled ON entry (about) WHERE kind = 'settled';
CREATE INDEX entry_about ON entry (about) WHERE about IS NOT NULL;
CREATE INDEX entry_wanting ON entry (at_ms) WHERE instr(note, '"un') AND activity IN ('work', 'ending');
CREATE TRIGGER entry_chained BEFORE INSERT ON entry
        WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM entry)
        OR NEW.previous <> coalesce((SELECT hash FROM entry ORDER BY number DESC LIMIT 1), zeroblob(32))
        BEGIN SELECT raise(ABORT, 'entries are chained'); END;
CREATE TRIGGER entry_balanced BEFORE INSERT ON entry
        WHEN EXISTS (SELECT 1 FROM posting WHERE entry = NEW.number GROUP BY asset
            HAVING sum(low) % 1000000000 <> 0 OR sum(high) + sum(low) / 1000000000 <> 0)
        BEGIN SELECT raise(ABORT, 'entries come to nothing'); END;
CREATE TRIGGER posting_joined BEFORE INSERT ON posting
        WHEN NEW.entry <> (SELECT coalesce(max(number), 0) + 1 FROM entry)
        BEGIN SELECT raise(ABORT, 'entries do not change'); END;
CREATE TRIGGER asset_fixed BEFORE UPDATE ON asset BEGIN SELECT raise(ABORT, 'what is booked does not change'); END;
CREATE TRIGGER subject_fixed BEFORE UPDATE ON subject BEGIN SELECT raise(ABORT, 'what is booked does not change'); END;
CREATE TRIGGER entry_fixed BEFORE UPDATE ON entry BEGIN SELECT raise(ABORT, 'what is booked does not change'); END;
CREATE TRIGGER posting_fixed BEFORE UPDATE ON posting BEGIN SELECT raise(ABORT, 'what is booked does not change'); END;
CREATE TRIGGER asset_kept BEFORE DELETE ON asset BEGIN SELECT raise(ABORT, 'what is booked is kept'); END;
CREATE TRIGGER subject_kept BEFORE DELETE ON subject BEGIN SELECT raise(ABORT, 'what is booked is kept'); END;
CREATE TRIGGER entry_kept BEFORE DELETE ON entry BEGIN SELECT raise(ABORT, 'what is booked is kept'); END;
CREATE TRIGGER posting_kept BEFORE DELETE ON posting BEGIN SELECT raise(ABORT, 'what is booked is kept'); END;
COMMIT;
