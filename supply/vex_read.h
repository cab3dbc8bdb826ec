/* vex_read.h - what the readers of the two formats share; for vex*.c only. */
#ifndef SUPPLY_VEX_READ_H
#define SUPPLY_VEX_READ_H

#include "supply/read.h"
#include "supply/vex.h"

#define FORM "vex.form"

/* The canonical purl that text is, or NULL where it is none. */
PLUMB_MUST_CHECK enum plumb_code vex_purl(struct pool *pool, const char *text, const char **ret,
                                          struct plumb_err *err);

typedef enum plumb_code vex_reader(const struct plumb_jv *root, struct vex *v,
                                   struct plumb_err *err);
vex_reader vex_open, vex_cyclonedx;

#endif
