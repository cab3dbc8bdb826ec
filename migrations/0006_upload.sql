-- 0006: blobs that arrive in pieces. Nothing here is ever served; what is whole moves to blob.

CREATE TABLE upload (
    principal  text NOT NULL CHECK (length(principal) BETWEEN 1 AND 64),
    sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32),
    size       bigint NOT NULL CHECK (size >= 0),
    touched    timestamptz NOT NULL,
    PRIMARY KEY (principal, sha256)
);
COMMENT ON TABLE upload IS 'Blobs of which only a part has come; outside the log';
COMMENT ON COLUMN upload.principal IS 'Who sends it: nobody else sees or continues it';
COMMENT ON COLUMN upload.sha256 IS 'SHA-256 that the whole shall have';
COMMENT ON COLUMN upload.size IS 'Bytes that are there: where it goes on';
COMMENT ON COLUMN upload.touched IS 'When the last piece came, by the database''s clock';

CREATE TABLE upload_piece (
    principal  text NOT NULL,
    sha256     bytea NOT NULL,
    at         bigint NOT NULL CHECK (at >= 0),
    data       bytea NOT NULL CHECK (octet_length(data) > 0),
    PRIMARY KEY (principal, sha256, at),
    FOREIGN KEY (principal, sha256) REFERENCES upload ON DELETE CASCADE
);
-- They live for minutes: compressing them would be for nothing.
ALTER TABLE upload_piece ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON TABLE upload_piece IS 'The bytes of an upload, without gaps; they go with it';
COMMENT ON COLUMN upload_piece.principal IS 'As in upload';
COMMENT ON COLUMN upload_piece.sha256 IS 'As in upload';
COMMENT ON COLUMN upload_piece.at IS 'Where in the blob it begins';
COMMENT ON COLUMN upload_piece.data IS 'The bytes';

INSERT INTO schema_grant VALUES
    ('upload', '{SELECT,INSERT,UPDATE,DELETE}'),
    ('upload_piece', '{SELECT,INSERT}');
