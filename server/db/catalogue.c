#include "server/db/blob.h"
#include "server/db/clock.h"
#include "server/db/cosigned.h"
#include "server/db/event.h"
#include "server/db/instance.h"
#include "server/db/listing.h"
#include "server/db/lock.h"
#include "server/db/log.h"
#include "server/db/publication.h"
#include "server/db/upload.h"

const struct db_catalogue *const db_catalogues[] = {
    &db_lock,     &db_log,    &db_blob,    &db_publication,
    &db_instance, &db_event,  &db_listing, &db_clock_catalogue,
    &db_cosigned, &db_upload, NULL,
};
