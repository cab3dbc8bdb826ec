-- 0003: checkpoints that enough witnesses cosigned, so that every instance, and one that starts
-- while witnesses are away, has the last of them.

CREATE TABLE cosigned (
    size   bigint PRIMARY KEY CHECK (size > 0),
    note   bytea NOT NULL CHECK (octet_length(note) BETWEEN 1 AND 65535),
    added  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE cosigned IS 'Checkpoints with as many cosignatures as governance asked for; verified again when read';
COMMENT ON COLUMN cosigned.size IS 'Size of the log that it is for';
COMMENT ON COLUMN cosigned.note IS 'The signed note with its cosignatures';
COMMENT ON COLUMN cosigned.added IS 'When it was stored; the cosignatures say when they were made';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cosigned
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO schema_grant VALUES ('cosigned', '{SELECT,INSERT}');
