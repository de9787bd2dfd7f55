#include "intake/core/kinds.h"

#include "common/core/indicators.h"
#include "intake/core/go_live.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Where a value goes; a member of another C type doesn't compile. */
#define INTO(t, s, m, c)                                                 \
    .to = (t),                                                           \
    .offset = offsetof(s, m) + _Generic(((s *)0)->m, c : 0)
#define NOTE(m, c) INTO(TO_RECORD, struct notification_received, m, c)
#define PERS(m, c) INTO(TO_PERSON, struct person, m, c)
#define MEMB(m, c) INTO(TO_ITEM, struct person_member, m, c)
#define ACTI(m, c) INTO(TO_RECORD, struct activity_reported, m, c)
#define SCRE(m, c) INTO(TO_RECORD, struct screening_recorded, m, c)
#define MATC(m, c) INTO(TO_RECORD, struct match_resolved, m, c)
#define INDI(m, c) INTO(TO_RECORD, struct indicator_observed, m, c)
#define TEXTS(m, c) INTO(TO_PERSON, struct kinds_texts, m, c)
#define DETAIL .to = TO_DETAIL
#define MUST .flags = FORM_MUST
#define STRICT .flags = FORM_STRICT
#define WANTED .flags = FORM_WANTED
#define FORM_OF(fields, joined)                                          \
    { .at = (fields), .n = N_OF(fields), .also = (joined) }

static const char *const item_words[] = {
    [ITEM_NOTIFICATION - 1] = "notification",
    [ITEM_ACTIVITY - 1] = "activity",
    [ITEM_SCREENING - 1] = "screening",
    [ITEM_MATCH - 1] = "match",
    [ITEM_INDICATOR - 1] = "indicator",
};

const struct codes codes_item = {
    .name = "item_kind",
    .words = item_words,
    .n = N_OF(item_words),
};

/* ---- parts ------------------------------------------------------------- */

/* CIN's older digits for sex: 1 male, 2 female, 0 and 9 not known or stated. */
static const struct form_alias sex_aliases[] = {
    { "1", "M", WARNING_NONE },
    { "2", "F", WARNING_NONE },
    { "0", "U", WARNING_NONE },
    { "9", "U", WARNING_NONE },
    { NULL, NULL, WARNING_NONE },
};

static const struct form_field child_fields[] = {
    { "forename", FORM_TEXT, WANTED, PERS(forename, struct str),
      .max = CHECK_NAME_MAX, .help = "Given name",
      .example = "Testchild" },
    { "surname", FORM_TEXT, WANTED, PERS(surname, struct str), .max = CHECK_NAME_MAX,
      .help = "Family name",
      .example = "Alpha" },
    { "aliases", FORM_NAMES, PERS(aliases, struct texts),
      .max = KINDS_ALIASES_MAX, .help = "Other names it is known by" },
    { "dob", FORM_DATE, WANTED, PERS(dob, date_d), .refuse = "R12",
      .help = "Date of birth; or expected_dob or age_years",
      .example = "2010-03-01" },
    { "expected_dob", FORM_DATE, PERS(expected_dob, date_d), .refuse = "R13",
      .help = "Expected date of birth of an unborn child",
      .example = "" },
    { "age_years", FORM_INT, PERS(age_years, int32_t), .min = 0, .max = 119,
      .help = "Age where the date of birth is not known, years",
      .example = "" },
    { "sex", FORM_CODE, PERS(sex, int), .codes = &codes_sex,
      .aliases = sex_aliases, .help = "M, F or U" },
    { "ethnicity", FORM_CODE, PERS(ethnicity, int),
      .codes = &codes_ethnicity, .help = "Census code; not given is NOBT" },
    { "disability", FORM_SET, PERS(disability, uint32_t),
      .codes = &codes_disability, .help = "Census codes" },
    { "sen", FORM_TRI, PERS(sen, enum tri),
      .help = "Special educational needs" },
    { "csc_known", FORM_TRI, PERS(csc_known, enum tri),
      .help = "Known to social care, as the sender thinks" },
    { "nhs_number", FORM_NHS_NUMBER, PERS(nhs_number, struct str),
      .help = "10 digits" },
    { "upn", FORM_UPN, PERS(upn, struct str),
      .help = "Unique pupil number" },
    { "la_child_id", FORM_LA_CHILD_ID, PERS(la_child_id, struct str),
      .help = "The authority's own id of the child" },
    { "la_code", FORM_DIGITS, PERS(la_code, struct str), .max = 3,
      .warning = WARNING_LA_CHILD_ID,
      .help = "Authority of la_child_id; not given is this one",
      .example = "886" },
    { "postcode", FORM_POSTCODE, PERS(postcode, struct str),
      .help = "ZZ99 is no fixed abode" },
    { "address", FORM_LINES, PERS(address, struct str), .max = 500,
      .help = "Address without the postcode",
      .example = "1 Example Street, Example Town" },
    { "school_urn", FORM_DIGITS, PERS(school_urn, struct str), .max = 6,
      .warning = WARNING_SCHOOL_UNKNOWN, .help = "6 digits",
      .example = "900001" },
    { "looked_after_by", FORM_TEXT, PERS(looked_after_by, struct str),
      .help = "Authority that looks after the child",
      .example = "Example County Council" },
};
static const struct form child_form = FORM_OF(child_fields, NULL);

static const struct form_field reporter_fields[] = {
    { "name", FORM_TEXT, PERS(reporter_name, struct str),
      .max = CHECK_NAME_MAX, .help = "Who says so",
      .example = "Testreporter Alpha" },
    { "role", FORM_TEXT, PERS(reporter_role, struct str),
      .help = "In which role",
      .example = "duty sergeant" },
    { "phone", FORM_TEXT, PERS(reporter_phone, struct str), .max = 40,
      .help = "To ask back",
      .example = "01632 960000" },
    { "anonymous", FORM_BOOL, PERS(reporter_anonymous, bool),
      .help = "Hide the reporter from the family" },
};
static const struct form reporter_form = FORM_OF(reporter_fields, NULL);

static const struct form_field member_fields[] = {
    { "name", FORM_TEXT, MEMB(name, struct str), .max = CHECK_NAME_MAX,
      .help = "Name",
      .example = "Testparent Alpha" },
    { "dob", FORM_DATE, MEMB(dob, date_d), .help = "Date of birth",
      .example = "1980-01-31" },
    { "relationship", FORM_TEXT, MEMB(relationship, struct str),
      .max = CHECK_NAME_MAX, .help = "To the child",
      .example = "mother" },
    { "parental_responsibility", FORM_TRI,
      MEMB(parental_responsibility, enum tri), .help = "Y, N or U" },
    { "perpetrator", FORM_TRI, MEMB(perpetrator, enum tri),
      .help = "Of what is reported: Y, N or U" },
};
static const struct form member_form = FORM_OF(member_fields, NULL);

/* The police's questions about a missing child (LP): Y, N or U each. */
#define QUESTION(word, text)                                             \
    { word, FORM_TRI, DETAIL, .help = text }
static const struct form_field question_fields[] = {
    QUESTION("out_of_character", "Going missing is unlike this child"),
    QUESTION("self_harm_feared", "May harm itself"),
    QUESTION("crime_feared", "May have become the victim of a crime"),
    QUESTION("exploitation_feared", "May be exploited"),
    QUESTION("danger_to_others", "May be a danger to others"),
    QUESTION("medication_needed", "Needs medicine that it lacks"),
    QUESTION("health_or_disability", "Ill, disabled or impaired"),
    QUESTION("substance_use", "Takes drugs or drinks"),
    QUESTION("family_trouble", "Conflict or violence at home"),
    QUESTION("school_trouble", "Bullying or trouble at school"),
    QUESTION("ill_prepared", "Without clothing, money or shelter"),
    QUESTION("missing_before", "Has been missing before"),
};
static const struct form question_form = FORM_OF(question_fields, NULL);

/* ---- notifications ----------------------------------------------------- */

#define KEY_FIELDS(TO)                                                   \
    { "agency_id", FORM_TEXT, TO(agency_id, struct str), MUST,           \
      .max = 32, .help = "Agency, as registered" },                      \
    { "agency_ref", FORM_REF, TO(agency_ref, struct str), MUST,          \
      .refuse = "R05", .help = "The agency's own reference" },           \
    { "amendment", FORM_INT, TO(amendment, int32_t), STRICT,             \
      .max = KINDS_AMENDMENT_MAX, .refuse = "R06",                       \
      .help = "Version of that reference; not given is 0",               \
      .example = "0" }

/* Rule inputs of section 5, also on screenings; absent is unknown. */
#define RULE_FIELDS(TO, how)                                             \
    { "entry", FORM_CODE, TO(entry, int), how, .codes = &codes_entry,    \
      .help = "Door it comes through" },                                 \
    { "harm", FORM_CODE, TO(harm, int), how, .codes = &codes_harm,       \
      .help = "Significant harm" },                                      \
    { "impaired", FORM_TRI, TO(impaired, enum tri), how,                 \
      .help = "Health or development impaired without services" },       \
    { "single_agency_able", FORM_TRI, TO(single_agency_able, enum tri),  \
      how, .help = "One agency alone can help" },                        \
    { "risk_of_csc", FORM_CODE, TO(risk_of_csc, int), how,               \
      .codes = &codes_risk_of_csc, .help = "Risk of needing social care" }

static const struct form_field common_fields[] = {
    KEY_FIELDS(NOTE),
    { "kind", FORM_CODE, NOTE(kind, int), MUST, .codes = &codes_kind,
      .refuse = "R07", .help = "What the message says" },
    { "sent_at", FORM_INSTANT, NOTE(sent_at, time_ms), MUST,
      .help = "When the agency sent it" },
    { "occurred_at", FORM_INSTANT, NOTE(meta.occurred_at, time_ms), STRICT,
      .help = "When it happened" },
    { "info_only", FORM_BOOL, NOTE(info_only, bool),
      .help = "For information, no help asked for" },
    { "immediate_danger", FORM_BOOL, NOTE(immediate_danger, bool),
      .help = "The child is in danger now: ring 999 as well" },
    { "consent", FORM_CODE, NOTE(consent, int), .codes = &codes_consent,
      .help = "Consent of the family" },
    { "level", FORM_INT, NOTE(level, int32_t), .min = 1, .max = 4,
      .help = "Level of need, as the sender sees it",
      .example = "2" },
    { "csc_threshold", FORM_CODE, NOTE(csc_threshold, int),
      .codes = &codes_csc_threshold,
      .help = "Threshold of social care, as the sender sees it",
      .example = "not_met" },
    RULE_FIELDS(NOTE, .flags = 0),
    { "needs", FORM_SET, NOTE(needs, uint32_t), .codes = &codes_need,
      .help = "Unmet needs" },
    { "concern", FORM_LINES, PERS(concern, struct str),
      .max = CHECK_CONCERN_MAX, .help = "What the worry is",
      .example = "Away from school two days a week." },
    { "child", FORM_OBJECT, WANTED, .sub = &child_form, .help = "The child" },
    { "reporter", FORM_OBJECT, .sub = &reporter_form,
      .help = "The person who reports" },
    { "household", FORM_LIST, PERS(household, struct items),
      .max = KINDS_HOUSEHOLD_MAX, .sub = &member_form,
      .item_size = sizeof(struct person_member),
      .item_fields = &fields_person_member,
      .help = "People of the household" },
};
static const struct form common_form = FORM_OF(common_fields, NULL);

/* `absent` was a category of its own once: now missing, grade none. */
static const struct form_alias category_aliases[] = {
    { "absent", "missing", WARNING_ABSENT },
    { NULL, NULL, WARNING_NONE },
};

#define EPISODE                                                          \
    { "episode_ref", FORM_REF, NOTE(episode_ref, struct str), MUST,      \
      .help = "The police's reference of the missing episode" }

/* The category comes before the grade, which it may make needless. */
static const struct form_field missing_reported_fields[] = {
    EPISODE,
    { "reported_at", FORM_INSTANT, NOTE(reported_at, time_ms), MUST,
      .help = "When the child was reported missing" },
    { "category", FORM_CODE, NOTE(missing_category, int),
      .codes = &codes_missing_category, .aliases = category_aliases,
      .help = "missing, or away: looked after, whereabouts known" },
    { "risk_grade", FORM_CODE, NOTE(risk_grade, int), MUST,
      .codes = &codes_risk_grade, .waived_by = WARNING_ABSENT,
      .help = "Grade of risk" },
    { "last_seen_at", FORM_INSTANT, NOTE(last_seen_at, time_ms),
      .help = "When the child was last seen" },
    { "last_seen_where", FORM_TEXT, PERS(last_seen_where, struct str),
      .max = 500, .help = "Where",
      .example = "Example Park" },
    { "questions", FORM_OBJECT, .sub = &question_form,
      .help = "Twelve questions, Y, N or U" },
};

static const struct form_field missing_risk_fields[] = {
    EPISODE,
    { "risk_grade", FORM_CODE, NOTE(risk_grade, int), MUST,
      .codes = &codes_risk_grade, .help = "Grade of risk from now on" },
    { "graded_at", FORM_INSTANT, NOTE(graded_at, time_ms), MUST,
      .help = "When it was graded" },
    { "reason", FORM_LINES, DETAIL, .max = 2000, .help = "Why",
      .example = "A friend says there was an argument." },
};

static const struct form_field missing_found_fields[] = {
    EPISODE,
    { "found_at", FORM_INSTANT, NOTE(found_at, time_ms), MUST,
      .help = "When the child was found" },
    { "found_where", FORM_TEXT, DETAIL, .max = 500, .help = "Where",
      .example = "Example Park" },
    { "found_how", FORM_TEXT, DETAIL, .max = 500, .help = "How",
      .example = "Walked home" },
    { "prevention_interview", FORM_TRI, DETAIL,
      .help = "The police spoke with the child" },
    { "harmed", FORM_TRI, DETAIL, .help = "Came to harm meanwhile" },
};

static const struct form_field missing_cancelled_fields[] = {
    EPISODE,
    { "cancelled_at", FORM_INSTANT, NOTE(cancelled_at, time_ms), MUST,
      .help = "When it was taken back" },
    { "reason", FORM_CODE, NOTE(cancel_reason, int), STRICT,
      .codes = &codes_cancel_reason,
      .help = "Why; withdrawn undoes a cancellation" },
};

static const char *const ppn_risks[] = { "standard", "medium", "high", NULL };

static const struct form_field ppn_fields[] = {
    { "ppn_type", FORM_TEXT, DETAIL, .max = 100, .help = "Type of notice",
      .example = "child concern" },
    { "ppn_risk", FORM_WORD, DETAIL, .words = ppn_risks,
      .help = "standard, medium or high" },
    { "strategy_discussion_held", FORM_TRI, DETAIL,
      .help = "A strategy discussion has been held" },
};

static const struct form_field encompass_fields[] = {
    { "incident_at", FORM_INSTANT, NOTE(incident_at, time_ms), MUST,
      .help = "When it happened" },
    { "child_present", FORM_TRI, DETAIL, .help = "The child was there" },
    { "incident_where", FORM_TEXT, DETAIL, .max = 500, .help = "Where",
      .example = "At home" },
    { "child_voice", FORM_LINES, DETAIL, .max = 2000,
      .help = "What the child says",
      .example = "I was upstairs." },
};

static const struct form_field mash_fields[] = {
    { "rag", FORM_CODE, NOTE(rag, int), .codes = &codes_rag,
      .help = "The MASH's colour" },
};

static const struct form_field referral_fields[] = {
    { "help_tried", FORM_LINES, DETAIL, .max = 2000,
      .help = "What has been tried",
      .example = "Breakfast club since January." },
    { "attendance", FORM_INT, NOTE(attendance, int32_t), .max = 100,
      .help = "School attendance, per cent",
      .example = "72" },
    { "discipline", FORM_CODE, NOTE(discipline, int),
      .codes = &codes_discipline, .help = "Health discipline" },
    { "eviction_date", FORM_PLANNED, NOTE(eviction_on, date_d),
      .help = "Day of an eviction",
      .example = "2015-08-31" },
};

static const struct form_field self_fields[] = {
    { "who", FORM_CODE, NOTE(who, int), MUST, .codes = &codes_who,
      .help = "1A family, 1B acquaintance, 1C the child, 1D other" },
};

static const struct form_field other_la_fields[] = {
    { "from_la", FORM_DIGITS, NOTE(from_la, struct str), MUST, .max = 3,
      .help = "Authority that it comes from, 3 digits",
      .example = "887" },
    { "transfer", FORM_TRI, DETAIL, .help = "The case is handed over" },
    { "plan", FORM_TEXT, DETAIL, .help = "Plan that there is",
      .example = "child in need" },
};

static const struct form_field step_fields[] = {
    { "case_id", FORM_ID, NOTE(case_id, struct id), MUST,
      .help = "Case that it is about" },
    { "reason", FORM_LINES, DETAIL, MUST, .min = KINDS_REASON_MIN,
      .max = 2000, .refuse = "R19", .help = "Why, in 20 characters or more",
      .example = "The plan has ended, two needs remain." },
    { "unit", FORM_TEXT, NOTE(unit, struct str), .max = 64,
      .help = "Unit that sends",
      .example = "swale-1" },
    { "open_needs", FORM_SET, NOTE(needs, uint32_t), .codes = &codes_need,
      .help = "Needs that are still unmet" },
};

/* A day of the case; the hours in it are no limit's. */
#define DAY(name, day, text, when)                                       \
    { name, FORM_DATE, INTO(TO_RECORD, struct go_live, on[day], date_d), \
      STRICT, .help = text, .example = when }

/* What a case of an authority says that begins here: all strict, since what is
 * dropped would be taken for what has not been done. */
static const struct form_field go_live_fields[] = {
    { "by", FORM_TEXT, NOTE(by, struct str), MUST, .max = 100,
      .help = "Who takes the cases over into Waymark",
      .example = "dpo-1" },
    { "second_by", FORM_TEXT, NOTE(second_by, struct str), WANTED, .max = 100,
      .help = "Second person who has looked at them",
      .example = "manager-1" },
    { "side", FORM_CODE, NOTE(side, int), STRICT, .codes = &codes_side,
      .help = "Side of the open case; not given: the child has none",
      .example = "eh" },
    { "outcome", FORM_CODE, NOTE(outcome, int), STRICT,
      .codes = &codes_outcome, .help = "What was decided on the case",
      .example = "single_agency" },
    { "csc_status", FORM_CODE, NOTE(csc_status, int), STRICT,
      .codes = &codes_csc_status, .help = "Status with social care",
      .example = "none" },
    { "unit", FORM_TEXT, NOTE(unit, struct str), STRICT, .max = 64,
      .help = "Unit that works the case", .example = "swale-1" },
    { "worker", FORM_TEXT, NOTE(worker, struct str), STRICT, .max = 100,
      .help = "Who owns the case", .example = "worker-1" },
    DAY("opened_on", GO_LIVE_OPENED, "Case opened", "2015-01-12"),
    DAY("allocated_on", GO_LIVE_ALLOCATED, "Worker named", "2015-01-13"),
    DAY("assessment_started_on", GO_LIVE_ASSESSMENT_STARTED,
        "Last assessment begun", ""),
    DAY("assessment_completed_on", GO_LIVE_ASSESSMENT_COMPLETED,
        "and authorised", ""),
    DAY("plan_agreed_on", GO_LIVE_PLAN_AGREED, "Plan agreed", "2015-02-02"),
    DAY("review_held_on", GO_LIVE_REVIEW_HELD, "Last review", "2015-05-11"),
    DAY("contact_on", GO_LIVE_CONTACT, "Last visit or contact with the family",
        "2015-06-08"),
    DAY("tracker_reviewed_on", GO_LIVE_TRACKER_REVIEWED,
        "Last look of the tracker review", "2015-06-01"),
    DAY("strategy_started_on", GO_LIVE_STRATEGY_STARTED,
        "Strategy discussion that began the section 47 enquiry", ""),
    DAY("icpc_held_on", GO_LIVE_ICPC_HELD, "Initial conference", ""),
    DAY("core_group_held_on", GO_LIVE_CORE_GROUP_HELD, "First core group", ""),
    DAY("cp_review_held_on", GO_LIVE_CP_REVIEW_HELD,
        "Last review conference", ""),
    DAY("cin_plan_started_on", GO_LIVE_CIN_PLAN_STARTED,
        "Plan of a child in need", ""),
    DAY("cin_review_held_on", GO_LIVE_CIN_REVIEW_HELD, "and its last review",
        ""),
    DAY("lac_started_on", GO_LIVE_LAC_STARTED, "Looked after since", ""),
    DAY("lac_first_review_on", GO_LIVE_LAC_FIRST_REVIEW,
        "First review of a looked after child", ""),
    DAY("lac_last_review_on", GO_LIVE_LAC_LAST_REVIEW,
        "Its last one, where there were several", ""),
};

#define KIND(k, fields) [k] = FORM_OF(fields, &common_form)

static const struct form kind_forms[] = {
    KIND(KIND_POLICE_MISSING_REPORTED, missing_reported_fields),
    KIND(KIND_POLICE_MISSING_RISK_CHANGED, missing_risk_fields),
    KIND(KIND_POLICE_MISSING_FOUND, missing_found_fields),
    KIND(KIND_POLICE_MISSING_CANCELLED, missing_cancelled_fields),
    KIND(KIND_POLICE_PPN, ppn_fields),
    KIND(KIND_POLICE_ENCOMPASS, encompass_fields),
    KIND(KIND_MASH_FEED, mash_fields),
    KIND(KIND_SCHOOL_REFERRAL, referral_fields),
    KIND(KIND_HEALTH_REFERRAL, referral_fields),
    KIND(KIND_HOUSING_REFERRAL, referral_fields),
    KIND(KIND_VOLUNTARY_REFERRAL, referral_fields),
    KIND(KIND_SELF_REFERRAL, self_fields),
    KIND(KIND_OTHER_LA, other_la_fields),
    KIND(KIND_CSC_STEP_DOWN, step_fields),
    KIND(KIND_EH_STEP_UP, step_fields),
    KIND(KIND_GO_LIVE, go_live_fields),
};

const struct form *
kinds_notification(int kind)
{
    if (kind <= 0 || (size_t)kind >= N_OF(kind_forms))
        return NULL;
    return &kind_forms[kind];
}

const struct form *
kinds_common(void)
{
    return &common_form;
}

bool
kinds_is_missing(int kind)
{
    return kind >= KIND_POLICE_MISSING_REPORTED &&
           kind <= KIND_POLICE_MISSING_CANCELLED;
}

time_ms
kinds_instant(const struct notification_received *rec)
{
    switch (rec->kind) {
    case KIND_POLICE_MISSING_REPORTED:
        return rec->reported_at;
    case KIND_POLICE_MISSING_RISK_CHANGED:
        return rec->graded_at;
    case KIND_POLICE_MISSING_FOUND:
        return rec->found_at;
    case KIND_POLICE_MISSING_CANCELLED:
        return rec->cancelled_at;
    case KIND_POLICE_ENCOMPASS:
        return rec->incident_at;
    default:
        return TIME_NONE;
    }
}

/* ---- activities -------------------------------------------------------- */

/*
 * Agency and reference say which one is meant, since the highest amendment is
 * the truth; whoever has the whole key may send the whole key.
 */
#define AMENDMENT_OF_KEY                                                 \
    { "amendment", FORM_INT, STRICT, DETAIL, .max = KINDS_AMENDMENT_MAX, \
      .refuse = "R06", .help = "Its version; the highest is meant",        \
      .example = "0" }

static const struct form_field subject_notification_fields[] = {
    { "agency_id", FORM_TEXT, ACTI(subject_agency_id, struct str), MUST,
      .max = 32, .help = "Its agency" },
    { "agency_ref", FORM_REF, ACTI(subject_agency_ref, struct str), MUST,
      .help = "Its reference" },
    AMENDMENT_OF_KEY,
};
static const struct form subject_notification_form =
    FORM_OF(subject_notification_fields, NULL);

static const struct form_field subject_fields[] = {
    { "case_id", FORM_ID, ACTI(subject_case_id, struct id),
      .flags = FORM_STRICT | FORM_WANTED,
      .help = "The case" },
    { "child_id", FORM_ID, ACTI(subject_child_id, struct id), STRICT,
      .help = "or the child",
      .example = "" },
    { "la_child_id", FORM_LA_CHILD_ID, ACTI(subject_la_child_id, struct str),
      STRICT, .help = "or the authority's own id of it",
      .example = "" },
    { "notification", FORM_OBJECT, .sub = &subject_notification_form,
      .help = "or the key of a notification",
      .example = "" },
};
static const struct form subject_form = FORM_OF(subject_fields, NULL);

static const struct form_field corrects_fields[] = {
    { "agency_id", FORM_TEXT, ACTI(corrects_agency_id, struct str), MUST,
      .max = 32, .help = "Agency that sent it" },
    { "agency_ref", FORM_REF, ACTI(corrects_agency_ref, struct str), MUST,
      .help = "Its reference" },
    AMENDMENT_OF_KEY,
};
static const struct form corrects_form = FORM_OF(corrects_fields, NULL);

static const struct form_field deed_fields[] = {
    KEY_FIELDS(ACTI),
    { "activity", FORM_CODE, ACTI(activity, int), MUST,
      .codes = &codes_activity, .help = "What was done" },
    { "occurred_at", FORM_INSTANT, ACTI(meta.occurred_at, time_ms), MUST,
      .help = "When" },
    { "by", FORM_TEXT, ACTI(by, struct str), MUST, .max = 100,
      .help = "Who did it",
      .example = "worker-1" },
    { "unit", FORM_TEXT, ACTI(unit, struct str), .max = 64,
      .help = "For which unit",
      .example = "swale-1" },
    { "side", FORM_CODE, ACTI(side, int), STRICT, .codes = &codes_side,
      .help = "eh or csc, where the subject is no case" },
    { "reason", FORM_LINES, WANTED, TEXTS(reason, struct str), .max = 2000,
      .help = "Why", .example = "As agreed with the family." },
    { "note", FORM_LINES, TEXTS(note, struct str), .max = CHECK_CONCERN_MAX,
      .help = "What else is to be said",
      .example = "Next visit in two weeks." },
};
static const struct form deed_form = FORM_OF(deed_fields, NULL);

static const struct form_field activity_fields[] = {
    { "subject", FORM_OBJECT, MUST, .sub = &subject_form,
      .help = "Whom it is about: one of its four" },
};
static const struct form activity_form = FORM_OF(activity_fields, &deed_form);

#define WORKER(how)                                                      \
    { "worker", FORM_TEXT, ACTI(worker, struct str), how, .max = 100,    \
      .help = "Worker who owns the case from now on",                    \
      .example = "worker-2" }
#define TO_UNIT                                                          \
    { "to_unit", FORM_TEXT, ACTI(to_unit, struct str), .max = 64,        \
      .help = "Unit on the other side", .example = "swale-csc" }
#define CONSENT(how)                                                     \
    { "consent", FORM_CODE, ACTI(consent, int), how,                     \
      .codes = &codes_consent, .help = "Consent of the family" }
#define ORGANISATION                                                     \
    { "organisation", FORM_TEXT, ACTI(organisation, struct str),         \
      .help = "Organisation", .example = "Example County Council" }
#define AUTHORISED_BY(how)                                               \
    { "authorised_by", FORM_TEXT, ACTI(authorised_by, struct str), how,  \
      .max = 100, .help = "Second person, who allowed it",               \
      .example = "leader-1" }
#define AUTHORISED AUTHORISED_BY(.flags = 0)
#define LEVEL(how)                                                       \
    { "level", FORM_INT, ACTI(level, int32_t), how, .min = 1, .max = 4,  \
      .help = "Level of need" }
#define NEED(how)                                                        \
    { "need", FORM_SET, ACTI(need, uint32_t), how, .codes = &codes_need, \
      .help = "Needs that it is about" }
#define STATUS(how)                                                      \
    { "csc_status", FORM_CODE, ACTI(csc_status, int), how,               \
      .codes = &codes_csc_status,                                        \
      .help = "What social care is to the child from now on" }
#define CLOCK                                                            \
    { "clock", FORM_TEXT, ACTI(clock, struct str), .max = 8,             \
      .help = "Id of the clock, such as T12; not given: all",            \
      .example = "T12" }
#define RISK                                                             \
    { "risk_of_csc", FORM_CODE, ACTI(risk_of_csc, int), STRICT,          \
      .codes = &codes_risk_of_csc, .help = "Risk of needing social care" }

static const struct form_field worker_fields[] = {
    WORKER(MUST),
    { "core_offer", FORM_TEXT, ACTI(core_offer, struct str), .max = 100,
      .help = "Core offer that is given", .example = "family support" },
    { "linked_kpi", FORM_TEXT, ACTI(linked_kpi, struct str), .max = 100,
      .help = "KPI that the case is to help", .example = "attendance" },
    RISK,
};
static const struct form_field contact_fields[] = { CONSENT(STRICT) };
static const struct form_field consent_fields[] = { CONSENT(MUST) };
static const struct form_field assessment_fields[] = {
    ORGANISATION, CONSENT(STRICT), AUTHORISED, LEVEL(STRICT), NEED(STRICT),
};
static const struct form_field plan_fields[] = {
    AUTHORISED, LEVEL(STRICT), NEED(STRICT), STATUS(STRICT), WORKER(STRICT),
};
static const struct form_field need_fields[] = { NEED(MUST) };
static const struct form_field level_fields[] = { LEVEL(MUST) };
static const struct form_field handover_fields[] = {
    TO_UNIT, WORKER(STRICT), NEED(STRICT), LEVEL(STRICT), AUTHORISED,
};
static const struct form_field csc_status_fields[] = { STATUS(MUST) };
static const struct form_field conference_fields[] = { STATUS(STRICT) };
static const struct form_field caf_fields[] = {
    ORGANISATION, WORKER(STRICT), CONSENT(STRICT),
};

static const struct form_field session_fields[] = {
    { "service", FORM_TEXT, ACTI(service, struct str), .max = 100,
      .help = "Service that was attended", .example = "youth_hub" },
    { "hours", FORM_TENTHS, ACTI(hours_tenths, int32_t), STRICT, .max = 240,
      .help = "Length in hours, such as 1.5" },
    { "open_access", FORM_BOOL, ACTI(open_access, bool),
      .help = "Open to everybody" },
};

static const char *const service_words[] = {
    "childrens_centre", "youth_hub",     "commissioned",
    "youth_justice",    "single_agency", NULL,
};
static const struct form_alias on_aliases[] = {
    { "on", "Y", WARNING_NONE },
    { "off", "N", WARNING_NONE },
    { NULL, NULL, WARNING_NONE },
};
static const struct form_field service_fields[] = {
    { "service", FORM_WORD, ACTI(service, struct str), MUST,
      .words = service_words, .help = "Service" },
    { "service_on", FORM_TRI, ACTI(service_on, enum tri), MUST,
      .aliases = on_aliases, .help = "on: begun; off: ended" },
    { "provider", FORM_TEXT, ACTI(provider, struct str), .max = 100,
      .help = "Who provides it", .example = "Example Trust" },
};
static const struct form_field programme_fields[] = {
    { "programme", FORM_TEXT, ACTI(programme, struct str), MUST, .max = 100,
      .help = "Name of the programme",
      .example = "supporting families" },
    { "programme_stage", FORM_CODE, ACTI(programme_stage, int), MUST,
      .codes = &codes_programme_stage, .help = "How far the family is" },
};
static const struct form_field audit_fields[] = {
    { "grades", FORM_GRADES, ACTI(grades, struct texts), MUST,
      .max = KINDS_GRADES, .help = "Five grades from 1 to 4" },
};
static const struct form_field clock_fields[] = { CLOCK };
static const struct form_field closed_fields[] = {
    { "outcome", FORM_CODE, ACTI(outcome, int), MUST,
      .codes = &codes_close_outcome, .help = "How the case ended" },
    AUTHORISED_BY(WANTED),
};
static const struct form_field reopened_fields[] = { AUTHORISED };
static const struct form_field transferred_fields[] = {
    ORGANISATION, TO_UNIT, AUTHORISED,
};
static const struct form_field corrected_fields[] = {
    { "corrects", FORM_OBJECT, MUST, .sub = &corrects_form,
      .help = "Key of the activity that it corrects" },
};
static const struct form_field acknowledged_fields[] = {
    { "alert_id", FORM_ID, ACTI(alert_id, struct id), MUST,
      .help = "The alert, or incident" },
    { "subject", FORM_OBJECT, .sub = &subject_form,
      .help = "Whom it is about: one of its four; none for a worker or a topic" },
};

#define DONE(a, fields) [a] = FORM_OF(fields, &activity_form)

/* Activities without a row have no fields of their own. */
static const struct form activity_forms[ACTIVITY_LAST + 1] = {
    DONE(ACTIVITY_ALLOCATED, worker_fields),
    DONE(ACTIVITY_REALLOCATED, worker_fields),
    DONE(ACTIVITY_CONTACT_FAMILY, contact_fields),
    DONE(ACTIVITY_CONSENT_CHANGED, consent_fields),
    DONE(ACTIVITY_ASSESSMENT_STARTED, assessment_fields),
    DONE(ACTIVITY_ASSESSMENT_COMPLETED, assessment_fields),
    DONE(ACTIVITY_PLAN_AGREED, plan_fields),
    DONE(ACTIVITY_REVIEW_HELD, plan_fields),
    DONE(ACTIVITY_NEED_ADDED, need_fields),
    DONE(ACTIVITY_NEED_MET, need_fields),
    DONE(ACTIVITY_LEVEL_CHANGED, level_fields),
    DONE(ACTIVITY_HANDOVER_OFFERED, handover_fields),
    DONE(ACTIVITY_HANDOVER_ACCEPTED, handover_fields),
    DONE(ACTIVITY_HANDOVER_DECLINED, handover_fields),
    DONE(ACTIVITY_HANDOVER_WITHDRAWN, handover_fields),
    DONE(ACTIVITY_CAF_RECEIVED, caf_fields),
    DONE(ACTIVITY_STRATEGY_STARTED, conference_fields),
    DONE(ACTIVITY_ICPC_HELD, conference_fields),
    DONE(ACTIVITY_CORE_GROUP_HELD, conference_fields),
    DONE(ACTIVITY_CP_REVIEW_HELD, conference_fields),
    DONE(ACTIVITY_CIN_PLAN_STARTED, conference_fields),
    DONE(ACTIVITY_CIN_REVIEW_HELD, conference_fields),
    DONE(ACTIVITY_LAC_STARTED, conference_fields),
    DONE(ACTIVITY_LAC_REVIEW_HELD, conference_fields),
    DONE(ACTIVITY_CSC_STATUS_CHANGED, csc_status_fields),
    DONE(ACTIVITY_SESSION_ATTENDED, session_fields),
    DONE(ACTIVITY_SERVICE_CHANGED, service_fields),
    DONE(ACTIVITY_PROGRAMME_CHANGED, programme_fields),
    DONE(ACTIVITY_AUDIT_RECORDED, audit_fields),
    DONE(ACTIVITY_CLOCK_PAUSED, clock_fields),
    DONE(ACTIVITY_CLOCK_RESUMED, clock_fields),
    DONE(ACTIVITY_CLOSED, closed_fields),
    DONE(ACTIVITY_REOPENED, reopened_fields),
    DONE(ACTIVITY_TRANSFERRED, transferred_fields),
    DONE(ACTIVITY_CORRECTED, corrected_fields),
    [ACTIVITY_ALERT_ACKNOWLEDGED] = FORM_OF(acknowledged_fields, &deed_form),
};

const struct form *
kinds_activity(int activity)
{
    if (activity <= 0 || (size_t)activity >= N_OF(activity_forms) ||
        activity_forms[activity].at == NULL)
        return &activity_form;
    return &activity_forms[activity];
}

/* ---- screenings and matches -------------------------------------------- */

static const struct form_field screened_fields[] = {
    { "agency_id", FORM_TEXT, SCRE(notification_agency_id, struct str), MUST,
      .max = 32, .help = "Its agency" },
    { "agency_ref", FORM_REF, SCRE(notification_agency_ref, struct str),
      MUST, .help = "Its reference" },
    AMENDMENT_OF_KEY,
};
static const struct form screened_form = FORM_OF(screened_fields, NULL);

static const char *const primary_needs[] = {
    "N0", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9", NULL,
};

/* What a person decides is never dropped for a typing error: all strict. */
static const struct form_field screening_fields[] = {
    KEY_FIELDS(SCRE),
    { "notification", FORM_OBJECT, MUST, .sub = &screened_form,
      .help = "Key of the notification that was screened" },
    { "occurred_at", FORM_INSTANT, SCRE(meta.occurred_at, time_ms), STRICT,
      .help = "When; not given is now" },
    { "level", FORM_INT, SCRE(level, int32_t), STRICT, .min = 1, .max = 4,
      .help = "Level of need" },
    { "csc_threshold", FORM_CODE, SCRE(csc_threshold, int), STRICT,
      .codes = &codes_csc_threshold, .help = "Threshold of social care" },
    { "needs", FORM_SET, SCRE(needs, uint32_t), STRICT, .codes = &codes_need,
      .help = "Unmet needs" },
    { "consent", FORM_CODE, SCRE(consent, int), STRICT,
      .codes = &codes_consent, .help = "Consent of the family" },
    RULE_FIELDS(SCRE, STRICT),
    { "outcome", FORM_CODE, SCRE(outcome, int), STRICT,
      .codes = &codes_outcome,
      .help = "Override; not given lets the rules decide",
      .example = "caf_taf" },
    { "rationale", FORM_LINES, TEXTS(reason, struct str), .max = 4000,
      .help = "Why, in 20 characters or more, for an override",
      .example = "The family asked for help with three needs." },
    { "by", FORM_TEXT, SCRE(by, struct str), MUST, .max = 100,
      .help = "Who decided", .example = "screener-1" },
    { "second_by", FORM_TEXT, SCRE(second_by, struct str), .max = 100,
      .help = "Second person, for a downgrade", .example = "leader-1" },
    { "primary_need", FORM_WORD, SCRE(primary_need, struct str), STRICT,
      .words = primary_needs, .help = "Primary need of the CIN census" },
};
static const struct form screening_form = FORM_OF(screening_fields, NULL);

const struct form *
kinds_screening(void)
{
    return &screening_form;
}

static const struct form_field match_fields[] = {
    KEY_FIELDS(MATC),
    { "notification_id", FORM_ID, MATC(notification_id, struct id), MUST,
      .help = "The notification" },
    { "child", FORM_TEXT, TEXTS(child, struct str), MUST, .max = 36,
      .help = "Id of the child that it is about, or new",
      .example = "new" },
    { "occurred_at", FORM_INSTANT, MATC(meta.occurred_at, time_ms), STRICT,
      .help = "When; not given is now" },
    { "reason", FORM_LINES, TEXTS(reason, struct str), MUST, .max = 4000,
      .help = "Why", .example = "The school knows no other child." },
    { "by", FORM_TEXT, MATC(by, struct str), MUST, .max = 100,
      .help = "Who decided", .example = "screener-1" },
    { "second_by", FORM_TEXT, MATC(second_by, struct str), .max = 100,
      .help = "Second person, where two known children become one",
      .example = "leader-1" },
};
static const struct form match_form = FORM_OF(match_fields, NULL);

const struct form *
kinds_match(void)
{
    return &match_form;
}

/* ---- indicators ---------------------------------------------------------- */

static const char *const figure_states[] = { "provisional", "final", NULL };

/* A figure in the wrong place is worse than none: all strict. */
static const struct form_field indicator_fields[] = {
    KEY_FIELDS(INDI),
    { "indicator", FORM_WORD, INDI(indicator, struct str), MUST,
      .words = indicator_words, .help = "What is counted" },
    { "period_from", FORM_DATE, INDI(period_from, date_d), MUST,
      .help = "First day of the period", .example = "2014-09-01" },
    { "period_to", FORM_DATE, INDI(period_to, date_d), MUST,
      .help = "Last day", .example = "2015-05-31" },
    { "area", FORM_TEXT, INDI(area, struct str), MUST, .max = 100,
      .help = "authority, national, region, neighbours, or a locality",
      .example = "authority" },
    { "breakdown", FORM_TEXT, INDI(breakdown, struct str), STRICT, .max = 100,
      .help = "Row of your table, such as a provider; not given is all",
      .example = "Example Trust" },
    { "measure", FORM_CODE, INDI(measure, int), STRICT,
      .codes = &codes_measure, .help = "not given is level" },
    { "definition", FORM_TEXT, INDI(definition, struct str), MUST, .max = 100,
      .help = "Version of how it is counted: another is another series",
      .example = "15 % definition" },
    { "status", FORM_WORD, INDI(status, struct str), MUST,
      .words = figure_states, .help = "How far it can be relied on" },
    { "value", FORM_FIGURE, INDI(value, struct str), MUST, .max = 40,
      .help = "A number as printed, or na, awaiting data, unknown",
      .example = "12" },
    { "typed_total", FORM_BOOL, INDI(typed_total, bool), STRICT,
      .help = "A sum that was typed: shown, never added up" },
};
static const struct form indicator_form = FORM_OF(indicator_fields, NULL);

const struct form *
kinds_indicator(void)
{
    return &indicator_form;
}
