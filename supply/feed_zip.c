#include "lib/own.h"
#include "supply/feed.h"

PLUMB_DEFINE_AUTO(auto_zip, struct zip *, zip_close);

/* A file of the archive whose records are being read. */
struct reading {
    const struct feed_zip *f;
    char where[ZIP_WHERE];
};

static void
tell_refused(void *arg, size_t record, const struct plumb_err *why)
{
    const struct reading *r = arg;

    r->f->refused(r->f->arg, r->where, record, why);
}

static enum plumb_code
read_file(struct zip *z, size_t i, const struct feed_zip *f, struct feed *into,
          struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    struct reading r = { .f = f };

    PLUMB_TRY(zip_read(z, i, &bytes, err));
    if (into == NULL)
        return PLUMB_OK;
    zip_where(z, i, r.where);
    return feed_add(into, bytes.data, bytes.len, f->refused != NULL ? tell_refused : NULL, &r,
                    err);
}

static enum plumb_code
take(const struct feed_zip *f, struct feed *feed, struct plumb_err *err)
{
    enum plumb_code code = f->take(f->arg, feed, err);

    feed_clear(feed);
    return code;
}

/* All files: unpacked only, where into is NULL. */
static enum plumb_code
read_all(struct zip *z, const struct feed_zip *f, struct feed *into, struct plumb_err *err)
{
    for (size_t i = 0; i < zip_count(z); i++) {
        if (!f->goes_on(f->arg, into == NULL ? "checking" : "importing", i, zip_count(z)))
            return plumb_fail(err, PLUMB_UNAVAILABLE, "feed.stopped", "", "stopped");
        PLUMB_TRY(read_file(z, i, f, into, err));
        if (into != NULL && into->len >= FEED_IMPORT)
            PLUMB_TRY(take(f, into, err));
    }
    return into != NULL && into->count > 0 ? take(f, into, err) : PLUMB_OK;
}

enum plumb_code
feed_zip(const struct zip_source *source, const struct feed_zip *f, struct plumb_err *err)
{
    PLUMB_AUTO(auto_zip) struct zip *z = NULL;
    PLUMB_AUTO(feed_clear) struct feed feed = { NULL, 0, 0, 0 };
    const struct zip_limits limits = ZIP_LIMITS;

    PLUMB_TRY(zip_open(source, &limits, &z, err));
    PLUMB_TRY(read_all(z, f, NULL, err));
    return read_all(z, f, &feed, err);
}
