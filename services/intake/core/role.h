/**
 * Who of an authority's staff may do what (domain.md section 11), as far as a
 * message tells: the door knows its sender's role and not yet the case, so
 * whose case it is stays open, and of units only the one that is named.
 *
 * No list, and nobody is asked. Nor are people of agencies that are not the
 * authority's own, which no staff list has.
 */
#ifndef WAYMARK_INTAKE_CORE_ROLE_H
#define WAYMARK_INTAKE_CORE_ROLE_H

#include "common/core/records.h"
#include "common/core/staff.h"
#include "intake/core/agency.h"

/**
 * May that role record it? Case work is for workers, for leaders of the unit
 * that is named, and for duty on social care's side; hand-overs are answered
 * by leaders and duty, consultations by screeners and duty; an alert is
 * acknowledged by all of these.
 */
bool role_may_record(const struct staff_person *p,
                     const struct activity_reported *rec);

/**
 * May that role decide what `agency` sends, on its own side: duty for social
 * care, screeners for early help, both in the hub, district managers anywhere?
 */
bool role_may_decide(const struct staff_person *p, const struct agency *agency);

/**
 * May that role resolve a match: screeners and duty; with a second name and
 * `new`, which takes apart what was joined, district managers and the data
 * protection officer?
 */
bool role_may_resolve(const struct staff_person *p,
                      const struct match_resolved *rec);

/** May that role be the second name: leaders and managers? */
bool role_may_second(const struct staff_person *p);

/**
 * May these two erase a person, or change what is in force: a data protection
 * officer, and another or a leader? True without a list, and by one that has
 * no data protection officer: else nobody could put a better one into force.
 */
bool role_may_govern(const struct staff *staff, struct str by,
                     struct str second_by);

#endif
