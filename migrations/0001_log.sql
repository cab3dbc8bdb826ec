-- 0001: the log, its Merkle tiles, blobs and publications; and what changes outside the log.
-- Applied in one transaction by db/migrate.c with search_path set to our schema.

CREATE TABLE entry (
    idx   bigint PRIMARY KEY CHECK (idx >= 0),
    id    bytea NOT NULL UNIQUE CHECK (octet_length(id) = 32),
    time  timestamptz NOT NULL CHECK (isfinite(time)),
    kind  text NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    leaf  bytea NOT NULL,
    body  bytea NOT NULL CHECK (octet_length(body) BETWEEN 1 AND 65535),
    CONSTRAINT entry_leaf CHECK (leaf = sha256('\x00'::bytea || body))
) WITH (toast_tuple_target = 8160);
-- Signatures and base64 hardly compress; trying costs more than inserting the row.
ALTER TABLE entry ALTER COLUMN body SET STORAGE EXTERNAL;
COMMENT ON TABLE entry IS 'The append-only log: one accepted statement each, without gaps from 0';
COMMENT ON COLUMN entry.idx IS 'Log index: the leaf''s position in the Merkle tree';
COMMENT ON COLUMN entry.id IS 'Statement id: SHA-256 of the DSSE payload';
COMMENT ON COLUMN entry.time IS 'When the service accepted it; never before that of the entry before';
COMMENT ON COLUMN entry.kind IS 'Statement kind, the KIND of its predicate type';
COMMENT ON COLUMN entry.leaf IS 'RFC 6962 leaf hash: SHA-256(0x00 || body)';
COMMENT ON COLUMN entry.body IS 'The entry itself, in the very bytes that are hashed';

CREATE TABLE tile (
    level   integer NOT NULL CHECK (level BETWEEN 0 AND 7),
    n       bigint NOT NULL CHECK (n >= 0),
    hashes  bytea NOT NULL CHECK (octet_length(hashes) = 8192),
    root    bytea NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (level, n)
);
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE tile IS 'Complete Merkle tiles (C2SP tlog-tiles); partial ones are derived from entry.leaf and tile.root';
COMMENT ON COLUMN tile.level IS 'Tile level: its hashes are roots of 256^level leaves';
COMMENT ON COLUMN tile.n IS 'Tile number within its level';
COMMENT ON COLUMN tile.hashes IS '256 hashes of 32 bytes';
COMMENT ON COLUMN tile.root IS 'Root of the 256 hashes: hash number n of the level above';

CREATE TABLE blob (
    sha256  bytea PRIMARY KEY,
    size    bigint NOT NULL,
    data    bytea NOT NULL,
    added   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT blob_sha256 CHECK (sha256 = sha256(data)),
    CONSTRAINT blob_size CHECK (size = octet_length(data))
);
COMMENT ON TABLE blob IS 'Documents too large for an entry, and derived sections and contents, by digest';
COMMENT ON COLUMN blob.sha256 IS 'SHA-256 of data';
COMMENT ON COLUMN blob.size IS 'Length of data in bytes, readable without reading data';
COMMENT ON COLUMN blob.data IS 'The bytes';
COMMENT ON COLUMN blob.added IS 'When it was first stored; no meaning for the log';

CREATE TABLE publication (
    fleet        text NOT NULL,
    idx          bigint NOT NULL REFERENCES entry (idx) DEFERRABLE INITIALLY DEFERRED,
    revision     bigint NOT NULL CHECK (revision >= 0),
    content      bytea NOT NULL CHECK (octet_length(content) = 32),
    valid_until  timestamptz NOT NULL,
    PRIMARY KEY (fleet, idx)
);
COMMENT ON TABLE publication IS 'Publication entries of the log, for look-up by fleet';
COMMENT ON COLUMN publication.fleet IS 'Fleet id';
COMMENT ON COLUMN publication.idx IS 'Index of the publication''s entry';
COMMENT ON COLUMN publication.revision IS 'Revision of the bundle: rises by one when the content changes';
COMMENT ON COLUMN publication.content IS 'SHA-256 of the bundle''s content';
COMMENT ON COLUMN publication.valid_until IS 'Expiry of the publication';

CREATE TABLE bundle_pull (
    fleet      text NOT NULL,
    principal  text NOT NULL,
    idx        bigint NOT NULL CHECK (idx >= 0),
    at         timestamptz NOT NULL,
    PRIMARY KEY (fleet, principal)
);
COMMENT ON TABLE bundle_pull IS 'Newest publication that each known verifier pulled; outside the log, a hint for people';
COMMENT ON COLUMN bundle_pull.fleet IS 'Fleet id';
COMMENT ON COLUMN bundle_pull.principal IS 'Principal id of the puller';
COMMENT ON COLUMN bundle_pull.idx IS 'Index of the publication''s entry';
COMMENT ON COLUMN bundle_pull.at IS 'When it was last pulled';

CREATE TABLE instance (
    name     text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    version  text NOT NULL,
    started  timestamptz NOT NULL,
    seen     timestamptz NOT NULL,
    size     bigint NOT NULL CHECK (size >= 0)
);
COMMENT ON TABLE instance IS 'The plumbd processes that serve this database; outside the log';
COMMENT ON COLUMN instance.name IS 'Host and process';
COMMENT ON COLUMN instance.version IS 'Program version';
COMMENT ON COLUMN instance.started IS 'When it started';
COMMENT ON COLUMN instance.seen IS 'Last heartbeat';
COMMENT ON COLUMN instance.size IS 'Log size that it had folded by then';

-- SQLSTATEs of ours: PL001 append-only, PL002 gap, PL003 time order (server/db/db.c maps them).
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'PL001';
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'Refuses whatever it is a trigger of, for every role';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tile
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON blob
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON publication
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- With the primary key this keeps the log free of gaps: what is added is a run, and the entry
-- before the run exists.
CREATE FUNCTION check_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lo bigint;
    hi bigint;
    many bigint;
    ordered boolean;
    before timestamptz;
    first timestamptz;
BEGIN
    SELECT min(idx), max(idx), count(*), coalesce(bool_and(time >= prev), true), min(time)
        INTO lo, hi, many, ordered, first
        FROM (SELECT idx, time, lag(time) OVER (ORDER BY idx) AS prev FROM added) AS run;
    IF many = 0 THEN
        RETURN NULL;
    END IF;
    IF lo > 0 THEN
        SELECT time INTO before FROM entry WHERE idx = lo - 1;
    END IF;
    IF hi - lo + 1 <> many OR (lo > 0 AND before IS NULL) THEN
        RAISE EXCEPTION 'entries % to % do not continue the log', lo, hi
            USING ERRCODE = 'PL002';
    END IF;
    IF NOT ordered OR first < before THEN
        RAISE EXCEPTION 'entries % to % are earlier than the entry before', lo, hi
            USING ERRCODE = 'PL003';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_run() IS 'Refuses entries that leave a gap or whose time goes back';

CREATE TRIGGER contiguous AFTER INSERT ON entry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION check_run();

INSERT INTO schema_grant VALUES
    ('entry', '{SELECT,INSERT}'),
    ('tile', '{SELECT,INSERT}'),
    ('blob', '{SELECT,INSERT}'),
    ('publication', '{SELECT,INSERT}'),
    ('bundle_pull', '{SELECT,INSERT,UPDATE}'),
    ('instance', '{SELECT,INSERT,UPDATE,DELETE}');
