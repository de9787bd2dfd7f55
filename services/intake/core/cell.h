/**
 * Cells of a spreadsheet in the form that the rules take: dates and times as
 * Excel writes them in this country, yes and no as its menus do.
 *
 * Only what can mean one thing is changed. A day alone never becomes an
 * instant, because nobody said the hour; years have four digits; a month
 * never stands first. All else stays as it is, for the rules to refuse.
 */
#ifndef WAYMARK_INTAKE_CORE_CELL_H
#define WAYMARK_INTAKE_CORE_CELL_H

#include "common/core/arena.h"

/*
 * Serial numbers count days from 1899-12-30 (Excel's 1900 system; the other
 * one, from 1904, can't be told from it). Five digits: 1927-05-18 to
 * 2173-10-13, so that neither ages nor years can be meant.
 */
#define CELL_SERIAL_MIN 10000
#define CELL_SERIAL_MAX 99999

/** Without blanks and line breaks at both ends. */
struct str cell_trim(struct str cell);

/**
 * "26/06/2015", the same with 00:00 behind it, or 42181: "2015-06-26". Any
 * other text as it is.
 */
struct str cell_date(struct arena *arena, struct str cell);

/**
 * "26/06/2015 07:12", "2015-06-26 07:12:05", or 42181.3: an RFC 3339 instant
 * without an offset, which is local time. Any other text as it is.
 */
struct str cell_instant(struct arena *arena, struct str cell);

/** "TRUE", "Yes": in lower case. Letters alone stay ("Y" is what JSON says). */
struct str cell_word(struct arena *arena, struct str cell);

#endif
