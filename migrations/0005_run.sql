-- The guard against gaps, without sorting where it need not: the entries of a group have one
-- time, so that their order is only looked at where they differ.

CREATE OR REPLACE FUNCTION check_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lo bigint;
    hi bigint;
    many bigint;
    first timestamptz;
    last timestamptz;
    before timestamptz;
    ordered boolean := true;
BEGIN
    SELECT min(idx), max(idx), count(*), min(time), max(time)
        INTO lo, hi, many, first, last FROM added;
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
    IF first <> last THEN
        SELECT coalesce(bool_and(time >= prev), true) INTO ordered
            FROM (SELECT time, lag(time) OVER (ORDER BY idx) AS prev FROM added) AS run;
    END IF;
    IF NOT ordered OR first < before THEN
        RAISE EXCEPTION 'entries % to % are earlier than the entry before', lo, hi
            USING ERRCODE = 'PL003';
    END IF;
    RETURN NULL;
END
$$;
