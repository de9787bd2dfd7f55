/* Intake's rules R01-R19 and W01-W17 (domain.md section 3, "Inputs"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calendar_file.h"
#include "raw_text.h"

#include "intake/core/content.h"
#include "common/core/indicators.h"
#include "intake/core/validate.h"

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

/* 2015-06-26 12:00:00 UTC, 13:00 in Kent. */
#define RECEIVED INT64_C(1435320000000)

static struct calendar_file the_calendar;

static const struct agency the_agencies[] = {
    { .id = { "kent-police", 11 }, .type = AGENCY_POLICE },
    { .id = { "school", 6 },
      .type = AGENCY_SCHOOL,
      .school_urn = { "900001", 6 },
      .entry = { [0] = ENTRY_EH } },
    { .id = { "health", 6 }, .type = AGENCY_HEALTH },
    { .id = { "public", 6 }, .type = AGENCY_INDIVIDUAL },
    { .id = { "mash", 4 },
      .type = AGENCY_MASH,
      .entry = { [0] = ENTRY_EH, [KIND_MASH_FEED] = ENTRY_MASH } },
    { .id = { "housing", 7 }, .type = AGENCY_HOUSING },
    { .id = { "other-la", 8 }, .type = AGENCY_OTHER_AUTHORITY },
    { .id = { "csc", 3 }, .type = AGENCY_SOCIAL_CARE },
    { .id = { "eh", 2 }, .type = AGENCY_EARLY_HELP },
    { .id = { "charity", 7 }, .type = AGENCY_VOLUNTARY },
    { .id = { "one-kind", 8 },
      .type = AGENCY_POLICE,
      .kinds = SET_BIT(KIND_POLICE_PPN) },
};

static const struct agencies the_register = { .at = the_agencies,
                                              .n = N(the_agencies) };

static const struct profile_locality the_localities[] = {
    { .id = { "canterbury", 10 } },
};
static const struct profile_postcode the_postcodes[] = {
    { .prefix = { "CT1", 3 }, .locality = { "canterbury", 10 } },
};
static const struct profile the_profile = {
    .la_code = { "886", 3 },
    .ages = { .from_pre_birth = true, .to_years = 19, .to_years_send = 25 },
    .localities = the_localities,
    .n_localities = 1,
    .postcodes = the_postcodes,
    .n_postcodes = 1,
    .rationale_min_chars = 20,
};

/* ---- base messages ----------------------------------------------------- */

#define CHILD                                                            \
    "'child':{'forename':'Testchild','surname':'Alpha',"                 \
    "'dob':'2006-03-01'}"

static const char school[] =
    "{'agency_id':'school','agency_ref':'S-1','kind':'school_referral',"
    "'sent_at':'2015-06-26T10:20:00Z'," CHILD "}";
static const char missing[] =
    "{'agency_id':'kent-police','agency_ref':'P-1',"
    "'kind':'police_missing_reported','sent_at':'2015-06-26T10:20:00Z',"
    "'episode_ref':'E-1','reported_at':'2015-06-26T07:12:05+01:00',"
    "'risk_grade':'medium'," CHILD "}";
static const char risk[] =
    "{'agency_id':'kent-police','agency_ref':'P-2',"
    "'kind':'police_missing_risk_changed','sent_at':'2015-06-26T10:20:00Z',"
    "'episode_ref':'E-1','graded_at':'2015-06-26T09:00:00Z',"
    "'risk_grade':'high'}";
static const char found[] =
    "{'agency_id':'kent-police','agency_ref':'P-3',"
    "'kind':'police_missing_found','sent_at':'2015-06-26T10:20:00Z',"
    "'episode_ref':'E-1','found_at':'2015-06-26T09:30:00Z'}";
static const char cancelled[] =
    "{'agency_id':'kent-police','agency_ref':'P-4',"
    "'kind':'police_missing_cancelled','sent_at':'2015-06-26T10:20:00Z',"
    "'episode_ref':'E-1','cancelled_at':'2015-06-26T09:30:00Z'}";
static const char step_down[] =
    "{'agency_id':'csc','agency_ref':'D-1','kind':'csc_step_down',"
    "'sent_at':'2015-06-26T10:20:00Z',"
    "'case_id':'00112233-4455-8677-8899-aabbccddeeff',"
    "'reason':'twenty characters ok'," CHILD "}";
static const char go_live[] =
    "{'agency_id':'eh','agency_ref':'G-1','kind':'go_live',"
    "'sent_at':'2015-06-26T10:20:00Z','by':'manager-1','second_by':'dpo-1',"
    "'consent':'given','side':'eh','outcome':'eh_intensive','unit':'swale-1',"
    "'worker':'worker-1','opened_on':'2015-01-12',"
    "'allocated_on':'2015-01-12','assessment_started_on':'2015-01-20',"
    "'assessment_completed_on':'2015-02-03','plan_agreed_on':'2015-02-03',"
    "'review_held_on':'2015-05-01','contact_on':'2015-06-25'," CHILD "}";
static const char go_live_child[] =
    "{'agency_id':'eh','agency_ref':'G-2','kind':'go_live',"
    "'sent_at':'2015-06-26T10:20:00Z','by':'manager-1','second_by':'dpo-1',"
    CHILD "}";
static const char go_live_csc[] =
    "{'agency_id':'csc','agency_ref':'G-3','kind':'go_live',"
    "'sent_at':'2015-06-26T10:20:00Z','by':'manager-1','second_by':'dpo-1',"
    "'side':'csc','outcome':'social_care_referral','unit':'duty-team',"
    "'opened_on':'2015-01-12','icpc_held_on':'2015-02-03',"
    "'core_group_held_on':'2015-02-13','cp_review_held_on':'2015-05-01',"
    "'lac_started_on':'2015-01-13','lac_first_review_on':'2015-02-10',"
    "'lac_last_review_on':'2015-05-12'," CHILD "}";
static const char activity[] =
    "{'agency_id':'eh','agency_ref':'A-1','activity':'visit',"
    "'occurred_at':'2015-06-26T10:20:00Z','by':'worker-1',"
    "'subject':{'case_id':'00112233-4455-8677-8899-aabbccddeeff'}}";
static const char about_nobody[] =
    "{'agency_id':'eh','agency_ref':'A-2','activity':'visit',"
    "'occurred_at':'2015-06-26T10:20:00Z','by':'worker-1'}";
static const char screening[] =
    "{'agency_id':'eh','agency_ref':'C-1','by':'screener-1',"
    "'notification':{'agency_id':'school','agency_ref':'S-1'},"
    "'level':3,'csc_threshold':'not_met'}";
static const char match[] =
    "{'agency_id':'eh','agency_ref':'M-1','by':'screener-1',"
    "'notification_id':'00112233-4455-8677-8899-aabbccddeeff',"
    "'child':'new','reason':'another address'}";

static const char figure[] =
    "{'agency_id':'csc','agency_ref':'I-1',"
    "'indicator':'persistent_absence_primary','period_from':'2014-09-01',"
    "'period_to':'2015-05-31','area':'authority','definition':'15 %',"
    "'status':'provisional','value':'7.8'}";

/* ---- rows -------------------------------------------------------------- */

struct row {
    const char *name;
    const char *base;
    const char *patch;
    const char *codes; /* "R10 /occurred_at; ..." in order, then "W..": all */
};

#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X100 X50 X50

static const struct row rows[] = {
    /* What is good. */
    { "a school's referral is accepted", school, "{}", "" },
    { "a missing child is accepted", missing, "{}", "" },
    { "a changed risk is accepted without a child", risk, "{}", "W06" },
    { "found is accepted without a child", found, "{}", "W06" },
    { "cancelled is accepted without a child", cancelled, "{}", "W06" },
    { "a step-down is accepted", step_down, "{}", "" },
    /* What an authority has on the day it begins. */
    { "an open case is taken on", go_live, "{}", "" },
    { "and a child without one", go_live_child, "{}", "" },
    { "and one of social care", go_live_csc, "{}", "" },
    { "by two people", go_live_child, "{'second_by':null}", "R18 /second_by" },
    { "who are two", go_live_child, "{'second_by':' Manager-1'}",
      "R18 /second_by" },
    { "not by a school", go_live_child, "{'agency_id':'school'}", "R02 /kind" },
    { "a case has a side", go_live, "{'side':null}", "R03 /side" },
    { "an outcome", go_live, "{'outcome':null}", "R03 /outcome" },
    { "a unit", go_live, "{'unit':null}", "R03 /unit" },
    { "a day on which it was opened", go_live, "{'opened_on':null}",
      "R03 /opened_on" },
    { "a worker on the day that it has one", go_live, "{'worker':null}",
      "R03 /worker" },
    { "a worker of one letter as well", go_live,
      "{'worker':'w','allocated_on':null}", "R03 /allocated_on" },
    { "a unit may have one", go_live, "{'unit':'u'}", "" },
    { "and that day with the worker", go_live, "{'allocated_on':null}",
      "R03 /allocated_on" },
    { "no assessment of early help without consent", go_live,
      "{'consent':'refused'}", "R03 /consent" },
    { "an assessment is begun before it ends", go_live,
      "{'assessment_started_on':null}", "R03 /assessment_started_on" },
    { "on that day or later", go_live,
      "{'assessment_started_on':'2015-02-03'}", "" },
    { "not after it", go_live, "{'assessment_started_on':'2015-02-04'}",
      "R03 /assessment_completed_on" },
    { "nothing is done before the case is opened", go_live,
      "{'contact_on':'2015-01-11'}", "R03 /contact_on" },
    { "today is no future", go_live, "{'contact_on':'2015-06-26'}", "" },
    { "tomorrow is", go_live, "{'contact_on':'2015-06-27'}",
      "R10 /contact_on" },
    { "nothing is older than the calendar", go_live,
      "{'opened_on':'2010-12-31'}", "R16 /opened_on" },
    { "single agency help needs no assessment", go_live,
      "{'outcome':'single_agency','assessment_started_on':null,"
      "'assessment_completed_on':null}",
      "" },
    { "any other does", go_live,
      "{'assessment_started_on':null,'assessment_completed_on':null}",
      "R03 /assessment_completed_on" },
    { "early help has no outcome of social care", go_live,
      "{'outcome':'social_care_referral'}", "R15 /outcome" },
    { "nor social care one of early help", go_live_csc,
      "{'outcome':'caf_taf'}", "R15 /outcome" },
    { "nor is an outcome without a case one", go_live, "{'outcome':'nfa'}",
      "R15 /outcome" },
    { "early help has no conference", go_live, "{'icpc_held_on':'2015-02-03'}",
      "R15 /icpc_held_on" },
    { "a day that can't be read is refused once", go_live,
      "{'opened_on':'12/13/2015'}", "R03 /opened_on" },
    { "a later review has a first", go_live_csc,
      "{'lac_first_review_on':null}", "R03 /lac_first_review_on" },
    /* R01, R02 */
    { "an agency must be in the register", school, "{'agency_id':'nobody'}",
      "R01 /agency_id" },
    { "an agency is named", school, "{'agency_id':null}", "R03 /agency_id" },
    { "a school reports nobody missing", missing, "{'agency_id':'school'}",
      "R02 /kind" },
    { "the register's list of kinds counts, not the type's", missing,
      "{'agency_id':'one-kind'}", "R02 /kind" },
    /* R03 */
    { "a member that is not known is named where it looks like a field",
      school, "{'colour':'red'}", "R03 /colour" },
    { "a member that may be a name is not repeated", school,
      "{'Testchild Beta':'red'}", "R03 " },
    { "a field's name has digits, from 0", school, "{'part0':'x'}",
      "R03 /part0" },
    { "to 9", school, "{'part9':'x'}", "R03 /part9" },
    { "and begins with none", school, "{'9part':'x'}", "R03 " },
    { "it may begin with z", school, "{'z':'x'}", "R03 /z" },
    { "forty letters may be one", school, "{'" X10 X10 X10 X10 "':'x'}",
      "R03 /" X10 X10 X10 X10 },
    { "more may not", school, "{'" X10 X10 X10 X10 "x':'x'}", "R03 " },
    { "nor may none", school, "{'':'x'}", "R03 " },
    { "an unknown member of the child points into the child", school,
      "{'child':{'shoe_size':'3'}}", "R03 /child/shoe_size" },
    { "another kind's field is not known", school,
      "{'found_at':'2015-06-26T09:30:00Z'}", "R03 /found_at" },
    { "sent_at is mandatory", school, "{'sent_at':null}", "R03 /sent_at" },
    { "blank is as good as absent", school, "{'sent_at':'  '}",
      "R03 /sent_at" },
    { "sent_at must be an instant", school, "{'sent_at':'yesterday'}",
      "R03 /sent_at" },
    { "a child is an object", school, "{'child':'Testchild'}",
      "R03 /child; R11 /child; W06" },
    { "a flag is true or false", school, "{'immediate_danger':'maybe'}",
      "R03 /immediate_danger" },
    { "a flag may be a text, as CSV has it", school,
      "{'immediate_danger':'true'}", "" },
    { "all problems come at once", school,
      "{'agency_ref':'a b','sent_at':null,'child':{'dob':'2015-06-27'}}",
      "R05 /agency_ref; R03 /sent_at; R12 /child/dob" },
    { "a name of 100 characters is good", school,
      "{'child':{'surname':'" X100 "'}}", "" },
    { "a name of 101 is not", school, "{'child':{'surname':'" X100 "x'}}",
      "R03 /child/surname" },
    { "ten aliases are good", school,
      "{'child':{'aliases':['a','b','c','d','e','f','g','h','i','j']}}", "" },
    { "eleven are not", school,
      "{'child':{'aliases':['a','b','c','d','e','f','g','h','i','j','k']}}",
      "R03 /child/aliases" },
    /* R05, R06, R07 */
    { "a reference of 64 is good", school,
      "{'agency_ref':'" X50 X10 "/_.:'}", "" },
    { "a reference of 65 is not", school,
      "{'agency_ref':'" X50 X10 "/_.:-'}", "R05 /agency_ref" },
    { "a reference has no spaces", school, "{'agency_ref':'S 1'}",
      "R05 /agency_ref" },
    { "amendment 9999 is good", school, "{'amendment':9999}", "" },
    { "amendment 10000 is not", school, "{'amendment':10000}",
      "R06 /amendment" },
    { "amendment -1 is not", school, "{'amendment':-1}", "R06 /amendment" },
    { "amendment may be a text", school, "{'amendment':'2'}", "" },
    { "an unknown kind is R07 and nothing else", school,
      "{'kind':'school_party','party':'x'}", "R07 /kind" },
    { "a kind is mandatory", school, "{'kind':null}", "R03 /kind" },
    /* R09, R10, R16 */
    { "a local time that clocks skip doesn't exist", school,
      "{'sent_at':'2015-03-29T01:30:00'}", "R09 /sent_at" },
    { "the last one before it does", school,
      "{'sent_at':'2015-03-29T00:59:59'}", "" },
    { "10 minutes in the future are good", school,
      "{'sent_at':'2015-06-26T12:10:00Z'}", "" },
    { "a millisecond more is not", school,
      "{'sent_at':'2015-06-26T12:10:00.001Z'}", "R10 /sent_at" },
    { "occurred_at is held to it though optional", school,
      "{'occurred_at':'2015-06-26T12:10:00.001Z'}", "R10 /occurred_at" },
    { "without an offset it is local time", school,
      "{'sent_at':'2015-06-26T13:10:00'}", "" },
    { "a minute later it is the future", school,
      "{'sent_at':'2015-06-26T13:11:00'}", "R10 /sent_at" },
    { "the calendar's first day is good", school,
      "{'occurred_at':'2011-01-01T00:00:00Z'}", "W10" },
    { "a day before it is outside", school,
      "{'occurred_at':'2010-12-31T23:59:59Z'}", "R16 /occurred_at" },
    { "last seen in the future is dropped, not refused", missing,
      "{'last_seen_at':'2015-06-27T12:00:00Z'}", "W09" },
    { "last seen is good", missing, "{'last_seen_at':'2015-06-26T05:00:00Z'}",
      "" },
    { "found in the future is refused", found,
      "{'found_at':'2015-06-26T12:10:00.001Z'}", "R10 /found_at; W06" },
    /* R11 */
    { "a child needs a name or an id", school, "{'child':null}",
      "R11 /child; W06" },
    { "a date of birth alone is nobody", school,
      "{'child':{'forename':null,'surname':null}}", "R11 /child" },
    { "a name alone is nobody", school, "{'child':{'dob':null}}",
      "R11 /child; W06" },
    { "a name with an age is somebody", school,
      "{'child':{'dob':null,'age_years':9}}", "" },
    { "a surname with an expected date is somebody", school,
      "{'child':{'dob':null,'forename':null,'expected_dob':'2015-09-01'}}",
      "" },
    { "a good NHS number is somebody", school,
      "{'child':{'dob':null,'nhs_number':'943 476 5919'}}", "W06" },
    { "a bad one is not", school,
      "{'child':{'dob':null,'nhs_number':'9434765918'}}",
      "R11 /child; W01 W06" },
    { "a missing child is never refused for it", missing, "{'child':null}",
      "W06" },
    /* R12, R13, W06, W07 */
    { "born on the day of receipt", school, "{'child':{'dob':'2015-06-26'}}",
      "" },
    { "born the day after is not possible", school,
      "{'child':{'dob':'2015-06-27'}}", "R12 /child/dob" },
    { "born a day less than 120 years ago", school,
      "{'child':{'dob':'1895-06-27'}}", "W08" },
    { "120 years ago is not possible", school,
      "{'child':{'dob':'1895-06-26'}}", "R12 /child/dob; W08" },
    { "a day that does not exist is no date of birth", school,
      "{'child':{'dob':'2006-02-30'}}", "R12 /child/dob; W06" },
    { "expected in 294 days", school,
      "{'child':{'dob':null,'expected_dob':'2016-04-15'}}", "" },
    { "expected in 295 days is too late", school,
      "{'child':{'dob':null,'expected_dob':'2016-04-16'}}",
      "R13 /child/expected_dob" },
    { "expected 14 days ago", school,
      "{'child':{'dob':null,'expected_dob':'2015-06-12'}}", "" },
    { "expected 15 days ago: is it born?", school,
      "{'child':{'dob':null,'expected_dob':'2015-06-11'}}", "W06" },
    { "with two dates the date of birth wins", school,
      "{'child':{'expected_dob':'2030-01-01'}}", "W07" },
    /* R14 */
    { "an age with a suffix is refused", school,
      "{'child':{'age_years':'9y'}}", "R14 /child/age_years" },
    { "95% is refused", school, "{'attendance':'95%'}", "R14 /attendance" },
    { "1500K is refused", school, "{'attendance':'1500K'}",
      "R14 /attendance" },
    { "attendance 100 is good", school, "{'attendance':100}", "" },
    { "attendance 101 is dropped", school, "{'attendance':101}", "W09" },
    { "attendance 0 is good", school, "{'attendance':0}", "" },
    { "attendance -1 is dropped", school, "{'attendance':-1}", "W09" },
    { "attendance in words is dropped", school, "{'attendance':'poor'}",
      "W09" },
    /* R15, W09 */
    { "an unknown grade is refused where it is mandatory", missing,
      "{'risk_grade':'extreme'}", "R15 /risk_grade" },
    { "an unknown consent is dropped", school, "{'consent':'perhaps'}",
      "W09" },
    { "an unknown need is dropped", school,
      "{'needs':['c_attendance','c_flying']}", "W09" },
    { "an unknown reason to cancel is refused", cancelled,
      "{'reason':'lost interest'}", "R15 /reason; W06" },
    { "who refers is mandatory", school,
      "{'agency_id':'public','kind':'self_referral'}", "R03 /who" },
    { "an unknown one is refused", school,
      "{'agency_id':'public','kind':'self_referral','who':'2A'}",
      "R15 /who" },
    { "level 4 is good", school, "{'level':4}", "" },
    { "level 5 is dropped", school, "{'level':5}", "W09" },
    /* R17 */
    { "a control character is refused", school,
      "{'child':{'surname':'Al\001pha'}}", "R17 /child/surname" },
    { "a line break in a name is refused", school,
      "{'child':{'surname':'Al\tpha'}}", "R17 /child/surname" },
    { "a concern has line breaks", school, "{'concern':'a\tb'}", "" },
    { "bytes that are not UTF-8 are refused", school,
      "{'concern':'a\xff'}", "R17 /concern" },
    /* R19 on a notification */
    { "a reason of 19 characters is too short", step_down,
      "{'reason':'nineteen characters'}", "R19 /reason" },
    { "a step-down names its case", step_down, "{'case_id':null}",
      "R03 /case_id" },
    { "and a case's id", step_down, "{'case_id':'77'}", "R03 /case_id" },
    /* W01-W05, W17 */
    { "a bad NHS number is W01", school,
      "{'child':{'nhs_number':'1111111111'}}", "W01" },
    { "a bad UPN is W02", school, "{'child':{'upn':'A886200020001'}}",
      "W02" },
    { "a good UPN is good", school, "{'child':{'upn':'P886200020001'}}", "" },
    { "a temporary UPN is W03", school,
      "{'child':{'upn':'A88620002000A'}}", "W03" },
    { "a bad id of the authority is W04", school,
      "{'child':{'la_child_id':'LC-12'}}", "W04" },
    { "a good one is good", school, "{'child':{'la_child_id':'LC0012345'}}",
      "" },
    { "a bad postcode is W05", school, "{'child':{'postcode':'CT1 1A'}}",
      "W05" },
    { "a postcode on the map is good", school,
      "{'child':{'postcode':'ct11aa'}}", "" },
    { "a postcode off the map is W05", school,
      "{'child':{'postcode':'SW1A1AA'}}", "W05" },
    { "no fixed abode is no warning", school,
      "{'child':{'postcode':'ZZ99 3VZ'}}", "" },
    { "a school of the register is good", school,
      "{'child':{'school_urn':'900001'}}", "" },
    { "another school is W17", school, "{'child':{'school_urn':'900002'}}",
      "W17" },
    { "five digits are no school", school, "{'child':{'school_urn':'90000'}}",
      "W17" },
    /* W08, W10, W14, W16 */
    { "19 years and 364 days are served", school,
      "{'child':{'dob':'1995-06-27'}}", "" },
    { "20 years are not", school, "{'child':{'dob':'1995-06-26'}}", "W08" },
    { "with special needs they are", school,
      "{'child':{'dob':'1995-06-26','sen':'Y'}}", "" },
    { "sent 72 hours after it occurred", school,
      "{'occurred_at':'2015-06-23T10:20:00Z'}", "" },
    { "a millisecond later is W10", school,
      "{'occurred_at':'2015-06-23T10:19:59.999Z'}", "W10" },
    { "absent is missing with W14", missing, "{'category':'absent'}", "W14" },
    { "absent needs no grade", missing,
      "{'category':'absent','risk_grade':null}", "W14" },
    { "away needs one", missing, "{'category':'away','risk_grade':null}",
      "R03 /risk_grade" },
    { "an eviction today is planned", school, "{'eviction_date':'2015-06-26'}",
      "" },
    { "yesterday is W16", school, "{'eviction_date':'2015-06-25'}", "W16" },
    { "five years from now is planned", school,
      "{'eviction_date':'2020-06-26'}", "" },
    { "a day more is W16", school, "{'eviction_date':'2020-06-27'}", "W16" },
    /* Missing kinds' own fields */
    { "a missing report names its episode", missing, "{'episode_ref':null}",
      "R03 /episode_ref" },
    { "and when it was made", missing, "{'reported_at':null}",
      "R03 /reported_at" },
    { "and its grade", missing, "{'risk_grade':null}", "R03 /risk_grade" },
    { "a changed risk names when", risk, "{'graded_at':null}",
      "R03 /graded_at; W06" },
    { "found names when", found, "{'found_at':null}", "R03 /found_at; W06" },
    { "cancelled names when", cancelled, "{'cancelled_at':null}",
      "R03 /cancelled_at; W06" },
    { "a question is answered Y, N or U", missing,
      "{'questions':{'missing_before':'Y','substance_use':'U'}}", "" },
    { "another answer is dropped", missing,
      "{'questions':{'missing_before':'sometimes'}}", "W09" },
    { "an unknown question is refused", missing,
      "{'questions':{'likes_cake':'Y'}}", "R03 /questions/likes_cake" },
    { "a household is a list of people", school,
      "{'household':[{'name':'Testparent Alpha','perpetrator':'N'},"
      "{'dob':'1980-01-01','relationship':'mother'}]}",
      "" },
    { "a bad date in it is dropped", school,
      "{'household':[{'name':'Testparent Alpha','dob':'1980'}]}", "W09" },
    { "an unknown member in it is refused where it stands", school,
      "{'household':[{'name':'Testparent Alpha'},{'hat':'red'}]}",
      "R03 /household/1/hat" },
};

struct other_row {
    const char *name;
    enum item_kind_of item;
    const char *base;
    const char *patch;
    const char *codes;
};

static const struct other_row other_rows[] = {
    { "a visit is accepted", ITEM_ACTIVITY, activity, "{}", "" },
    { "an activity is mandatory", ITEM_ACTIVITY, activity,
      "{'activity':null}", "R03 /activity" },
    { "and one of the list", ITEM_ACTIVITY, activity, "{'activity':'danced'}",
      "R15 /activity" },
    { "an activity names who did it", ITEM_ACTIVITY, activity, "{'by':null}",
      "R03 /by" },
    { "an activity has a subject", ITEM_ACTIVITY, activity, "{'subject':null}",
      "R03 /subject" },
    { "a subject names somebody", ITEM_ACTIVITY, activity,
      "{'subject':{'case_id':null}}", "R03 /subject" },
    { "but one only", ITEM_ACTIVITY, activity,
      "{'subject':{'la_child_id':'LC0012345'}}", "R03 /subject" },
    { "a bad id of a subject is refused, not dropped", ITEM_ACTIVITY,
      activity, "{'subject':{'case_id':null,'la_child_id':'LC-12'}}",
      "R03 /subject/la_child_id; W04" },
    { "a notification's key is a subject", ITEM_ACTIVITY, activity,
      "{'subject':{'case_id':null,'notification':{'agency_id':'school',"
      "'agency_ref':'S-1'}}}",
      "" },
    { "a family may not report what was done", ITEM_ACTIVITY, activity,
      "{'agency_id':'public'}", "R02 /agency_id" },
    { "allocated names the worker", ITEM_ACTIVITY, activity,
      "{'activity':'allocated'}", "R03 /worker" },
    { "and is good with one", ITEM_ACTIVITY, activity,
      "{'activity':'allocated','worker':'worker-2','risk_of_csc':'high'}",
      "" },
    { "a visit has no worker to name", ITEM_ACTIVITY, activity,
      "{'worker':'worker-2'}", "R03 /worker" },
    { "closed names an outcome and a second person", ITEM_ACTIVITY, activity,
      "{'activity':'closed'}", "R03 /outcome; R18 /authorised_by" },
    { "closed by two people is good", ITEM_ACTIVITY, activity,
      "{'activity':'closed','outcome':'needs_met',"
      "'authorised_by':'leader-1'}",
      "" },
    { "the same person twice is one", ITEM_ACTIVITY, activity,
      "{'activity':'closed','outcome':'needs_met',"
      "'authorised_by':'worker-1'}",
      "R18 /authorised_by" },
    { "five grades are an audit", ITEM_ACTIVITY, activity,
      "{'activity':'audit_recorded','grades':[1,2,3,4,1]}", "" },
    { "four are not", ITEM_ACTIVITY, activity,
      "{'activity':'audit_recorded','grades':[1,2,3,4]}", "R03 /grades" },
    { "a grade of 5 is none", ITEM_ACTIVITY, activity,
      "{'activity':'audit_recorded','grades':[1,2,3,4,5]}", "R03 /grades" },
    { "hours have tenths", ITEM_ACTIVITY, activity,
      "{'activity':'session_attended','hours':1.5,'open_access':true}", "" },
    { "24 hours are a session", ITEM_ACTIVITY, activity,
      "{'activity':'session_attended','hours':24}", "" },
    { "24.1 are not", ITEM_ACTIVITY, activity,
      "{'activity':'session_attended','hours':24.1}", "R03 /hours" },
    { "a service is on or off", ITEM_ACTIVITY, activity,
      "{'activity':'service_changed','service':'youth_hub',"
      "'service_on':'on'}",
      "" },
    { "and never unknown", ITEM_ACTIVITY, activity,
      "{'activity':'service_changed','service':'youth_hub',"
      "'service_on':'U'}",
      "R15 /service_on" },
    { "a hand-over is declined for a reason of 20 characters", ITEM_ACTIVITY,
      activity,
      "{'activity':'handover_declined','reason':'twenty characters ok'}",
      "" },
    { "19 are too short", ITEM_ACTIVITY, activity,
      "{'activity':'handover_declined','reason':'nineteen characters'}",
      "R19 /reason" },
    { "a clock is paused for a reason", ITEM_ACTIVITY, activity,
      "{'activity':'clock_paused','clock':'T12'}", "R03 /reason" },
    { "a need that is added is named", ITEM_ACTIVITY, activity,
      "{'activity':'need_added','need':[]}", "R03 /need" },
    { "by its code", ITEM_ACTIVITY, activity,
      "{'activity':'need_added','need':'c_health'}", "" },
    { "an unknown one is refused", ITEM_ACTIVITY, activity,
      "{'activity':'need_added','need':'c_flying'}", "R15 /need" },
    { "a correction names what it corrects", ITEM_ACTIVITY, activity,
      "{'activity':'corrected','corrects':{'agency_id':'eh'}}",
      "R03 /corrects/agency_ref" },
    { "an alert is acknowledged by its id", ITEM_ACTIVITY, activity,
      "{'activity':'alert_acknowledged'}", "R03 /alert_id" },
    { "one that is about nobody, too", ITEM_ACTIVITY, about_nobody,
      "{'activity':'alert_acknowledged',"
      "'alert_id':'00000000-0000-4000-8000-000000000001'}",
      "" },
    { "nothing else is", ITEM_ACTIVITY, about_nobody, "{'activity':'visit'}",
      "R03 /subject" },
    { "a screening is accepted", ITEM_SCREENING, screening, "{}", "" },
    { "a school may not screen", ITEM_SCREENING, screening,
      "{'agency_id':'school'}", "R02 /agency_id" },
    { "a screening's level is refused when bad", ITEM_SCREENING, screening,
      "{'level':5}", "R03 /level" },
    { "a screening's threshold too", ITEM_SCREENING, screening,
      "{'csc_threshold':'nearly'}", "R15 /csc_threshold" },
    { "an override wants a rationale of 20 characters", ITEM_SCREENING,
      screening,
      "{'outcome':'caf_taf','rationale':'nineteen characters'}",
      "R19 /rationale" },
    { "with 20 it is good", ITEM_SCREENING, screening,
      "{'outcome':'caf_taf','rationale':'twenty characters ok'}", "" },
    { "letters count, not bytes", ITEM_SCREENING, screening,
      "{'outcome':'caf_taf','rationale':'nineteen character\xc3\xa9'}",
      "R19 /rationale" },
    { "without an override none is wanted", ITEM_SCREENING, screening,
      "{'rationale':'ok'}", "" },
    { "the second person is another one", ITEM_SCREENING, screening,
      "{'second_by':'screener-1'}", "R18 /second_by" },
    { "a screening names its notification", ITEM_SCREENING, screening,
      "{'notification':null}", "R03 /notification" },
    { "a match is accepted", ITEM_MATCH, match, "{}", "" },
    { "with a child's id too", ITEM_MATCH, match,
      "{'child':'00112233-4455-8677-8899-aabbccddeeff'}", "" },
    { "but not with a name", ITEM_MATCH, match, "{'child':'Testchild'}",
      "R15 /child" },
    { "a figure is accepted", ITEM_INDICATOR, figure, "{}", "" },
    { "thousands may have commas", ITEM_INDICATOR, figure,
      "{'indicator':'commissioned_children','value':'5,326'}", "" },
    { "a number with a suffix is not guessed at", ITEM_INDICATOR, figure,
      "{'indicator':'commissioned_children','value':'1500K'}", "R14 /value" },
    { "a gap is told as such", ITEM_INDICATOR, figure, "{'value':'na'}", "" },
    { "so is what is awaited", ITEM_INDICATOR, figure,
      "{'value':'Awaiting data'}", "" },
    { "a number may be one", ITEM_INDICATOR, figure, "{'value':7.8}", "" },
    { "yes is no figure", ITEM_INDICATOR, figure, "{'value':true}",
      "R03 /value" },
    { "nothing is no gap", ITEM_INDICATOR, figure, "{'value':null}",
      "R03 /value" },
    { "a word is no figure", ITEM_INDICATOR, figure, "{'value':'many'}",
      "R03 /value" },
    { "100 % is as much as there is", ITEM_INDICATOR, figure,
      "{'value':'100.0%'}", "" },
    { "more is refused", ITEM_INDICATOR, figure, "{'value':'100.1%'}",
      "R03 /value" },
    { "but not as a change", ITEM_INDICATOR, figure,
      "{'value':'+100.1%','measure':'change'}", "" },
    { "a sign is for changes", ITEM_INDICATOR, figure, "{'value':'-3'}",
      "R03 /value" },
    { "an indicator that nobody knows is refused", ITEM_INDICATOR, figure,
      "{'indicator':'happiness'}", "R15 /indicator" },
    { "so is an area", ITEM_INDICATOR, figure, "{'area':'Atlantis'}",
      "R15 /area" },
    { "the nation is one", ITEM_INDICATOR, figure, "{'area':'national'}",
      "" },
    { "a definition must be named", ITEM_INDICATOR, figure,
      "{'definition':null}", "R03 /definition" },
    { "a status too", ITEM_INDICATOR, figure, "{'status':'roughly'}",
      "R15 /status" },
    { "a period of one day is one", ITEM_INDICATOR, figure,
      "{'period_from':'2015-05-31'}", "" },
    { "it doesn't end before it begins", ITEM_INDICATOR, figure,
      "{'period_from':'2015-06-01'}", "R03 /period_to" },
    { "it ends today at the latest where it is final", ITEM_INDICATOR, figure,
      "{'period_to':'2015-06-26','status':'final'}", "" },
    { "not tomorrow", ITEM_INDICATOR, figure,
      "{'period_to':'2015-06-27','status':'final'}", "R10 /period_to" },
    { "but as a provisional one", ITEM_INDICATOR, figure,
      "{'period_to':'2015-06-27'}", "" },
    { "it may begin today", ITEM_INDICATOR, figure,
      "{'period_from':'2015-06-26','period_to':'2015-06-30'}", "" },
    { "not in the future", ITEM_INDICATOR, figure,
      "{'period_from':'2015-06-27','period_to':'2015-06-30'}",
      "R10 /period_from" },
    { "where nothing is aimed at", ITEM_INDICATOR, figure,
      "{'period_from':'2015-06-27','period_to':'2016-06-30',"
      "'measure':'target'}",
      "" },
    { "shifted columns are named", ITEM_INDICATOR, figure,
      "{'indicator':'2014-09-01','period_from':'2015-05-31',"
      "'period_to':'authority','area':'neet'}",
      "R15 /indicator; R03 /period_to; R15 /area; R03 " },
    { "the public sends no figures", ITEM_INDICATOR, figure,
      "{'agency_id':'public'}", "R02 /agency_id" },
};

/* ---- running them ------------------------------------------------------ */

static void
look_with(struct arena *a, const struct staff *staff, enum item_kind_of item,
          const char *base, const char *patch, struct validated *out)
{
    struct raw_value b = raw_text(a, base);
    struct raw_value p = raw_text(a, patch);
    struct raw_value raw = raw_text_merge(a, &b, &p);
    struct validate_against against = { .arena = a,
                                        .authority = STR("kent-2015"),
                                        .agencies = &the_register,
                                        .staff = staff,
                                        .profile = &the_profile,
                                        .calendar = &the_calendar.cal,
                                        .received = RECEIVED };

    validate(&against, item, &raw, out);
}

static void
look(struct arena *a, enum item_kind_of item, const char *base,
     const char *patch, struct validated *out)
{
    look_with(a, NULL, item, base, patch, out);
}

/* "R10 /occurred_at; W06 W10" */
static void
tell(const struct validated *v, char *out, size_t size)
{
    size_t n = 0;
    const char *gap = "";

    out[0] = '\0';
    for (size_t i = 0; i < v->problems.n; i++) {
        const struct problem *p = &v->problems.at[i];

        n += (size_t)snprintf(out + n, size - n, "%s%s %.*s", gap, p->code,
                              STR_ARG(p->pointer));
        gap = "; ";
    }
    for (int w = 1; w <= WARNING_LAST; w++)
        if ((v->warnings & (uint32_t)1 << w) != 0) {
            n += (size_t)snprintf(out + n, size - n, "%s%s", gap,
                                  warning_code((enum warning)w));
            gap = " ";
        }
}

static void
expect(const struct staff *staff, enum item_kind_of item, const char *base,
       const char *patch, const char *codes)
{
    struct arena a;
    struct validated v;
    char told[1000];

    heap_arena(&a);
    look_with(&a, staff, item, base, patch, &v);
    tell(&v, told, sizeof told);
    assert_string_equal(told, codes);
    assert_int_equal(v.record.any == NULL, v.problems.n > 0);
    heap_release(&a);
}

static void
test_row(void **state)
{
    const struct row *row = *state;

    expect(NULL, ITEM_NOTIFICATION, row->base, row->patch, row->codes);
}

static void
test_other_row(void **state)
{
    const struct other_row *row = *state;

    expect(NULL, row->item, row->base, row->patch, row->codes);
}

/* ---- roles --------------------------------------------------------------- */

#define TEXT(t) { .p = (t), .n = sizeof(t) - 1 }

static const struct str all_units[] = { TEXT("*") };
static const struct staff_person the_people[] = {
    { .id = TEXT("worker-1"), .role = ROLE_WORKER },
    { .id = TEXT("screener-1"), .role = ROLE_SCREENER },
    { .id = TEXT("leader-1"),
      .role = ROLE_UNIT_LEADER,
      .units = { .at = all_units, .n = 1 } },
    { .id = TEXT("analyst-1"), .role = ROLE_ANALYST },
    { .id = TEXT("dpo-1"), .role = ROLE_DPO },
};
static const struct staff the_staff = { .people = the_people,
                                        .n_people = N(the_people) };

/* What is said where a staff list is in force, "" where nothing is. */
static const struct other_row staffed_rows[] = {
    { "a worker's visit is a worker's", ITEM_ACTIVITY, activity, "{}", "" },
    { "a stranger's is not", ITEM_ACTIVITY, activity, "{'by':'worker-9'}",
      "R23 /by" },
    { "nor an analyst's", ITEM_ACTIVITY, activity, "{'by':'analyst-1'}",
      "R23 /by" },
    { "nobody asks a school's people", ITEM_ACTIVITY, activity,
      "{'agency_id':'school','by':'teacher-1'}", "" },
    { "who must be named and isn't is missing, not a stranger", ITEM_ACTIVITY,
      activity, "{'by':null}", "R03 /by" },
    { "a leader agrees to a closure", ITEM_ACTIVITY, activity,
      "{'activity':'closed','outcome':'needs_met',"
      "'authorised_by':'leader-1'}",
      "" },
    { "a screener does not", ITEM_ACTIVITY, activity,
      "{'activity':'closed','outcome':'needs_met',"
      "'authorised_by':'screener-1'}",
      "R23 /authorised_by" },
    { "a screener screens", ITEM_SCREENING, screening, "{}", "" },
    { "a worker does not", ITEM_SCREENING, screening, "{'by':'worker-1'}",
      "R23 /by" },
    { "a leader is the second name", ITEM_SCREENING, screening,
      "{'second_by':'leader-1'}", "" },
    { "a worker is not", ITEM_SCREENING, screening, "{'second_by':'worker-1'}",
      "R23 /second_by" },
    { "both are said", ITEM_SCREENING, screening,
      "{'by':'leader-1','second_by':'nobody'}",
      "R23 /by; R23 /second_by" },
    { "a screener resolves a match", ITEM_MATCH, match, "{}", "" },
    { "and takes none apart", ITEM_MATCH, match, "{'second_by':'leader-1'}",
      "R23 /by" },
    { "who answers for data and a leader take cases over", ITEM_NOTIFICATION,
      go_live, "{'by':'dpo-1','second_by':'leader-1'}", "" },
    { "two others do not", ITEM_NOTIFICATION, go_live,
      "{'by':'leader-1','second_by':'analyst-1'}", "R23 /by" },
};

static void
test_staffed_row(void **state)
{
    const struct other_row *row = *state;

    expect(&the_staff, row->item, row->base, row->patch, row->codes);
}

/* ---- what comes out ---------------------------------------------------- */

struct fixture {
    struct arena arena;
    struct validated v;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    heap_arena(&f->arena);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    heap_release(&f->arena);
    free(f);
    return 0;
}

static void
test_missing_record(void **state)
{
    struct fixture *f = *state;
    const struct notification_received *rec;

    look(&f->arena, ITEM_NOTIFICATION, missing,
         "{'category':'absent','amendment':2,'last_seen_where':'a park',"
         "'questions':{'missing_before':'Y'},'child':{'sex':2,"
         "'la_child_id':'LC0012345'}}",
         &f->v);
    rec = f->v.record.notification;
    assert_non_null(rec);
    assert_true(f->v.missing_kind);
    assert_int_equal(rec->kind, KIND_POLICE_MISSING_REPORTED);
    assert_int_equal(rec->amendment, 2);
    assert_int_equal(rec->missing_category, MISSING_MISSING);
    assert_int_equal(rec->risk_grade, RISK_NONE);
    assert_int_equal(rec->reported_at, INT64_C(1435299125000));
    assert_int_equal(rec->meta.occurred_at, rec->reported_at);
    assert_int_equal(rec->agency_type, AGENCY_POLICE);
    assert_true(str_is(rec->cin_source, "6"));
    assert_int_equal(rec->warnings.n, 1);
    assert_true(str_is(rec->warnings.at[0], "W14"));
    assert_int_equal(f->v.person->sex, SEX_F);
    assert_int_equal(f->v.person->ethnicity, ETHNICITY_NOBT);
    assert_true(str_is(f->v.person->la_code, "886"));
    assert_true(str_is(f->v.person->last_seen_where, "a park"));
    assert_int_equal(f->v.person->details.n, 1);
}

static void
test_indicator_record(void **state)
{
    struct fixture *f = *state;
    const struct indicator_observed *rec;

    look(&f->arena, ITEM_INDICATOR, figure,
         "{'value':'5.70%','breakdown':'year 6'}", &f->v);
    rec = f->v.record.indicator;
    assert_non_null(rec);
    assert_true(str_is(rec->value, "5.70%"));
    assert_int_equal(rec->amount, 570);
    assert_int_equal(rec->decimals, 2);
    assert_int_equal(rec->gap, 0);
    assert_int_equal(rec->measure, MEASURE_LEVEL);
    assert_true(str_is(rec->unit, "percent"));
    assert_true(str_is(rec->breakdown, "year 6"));
    assert_false(rec->typed_total);
    assert_true(id_eq(f->v.id, rec->indicator_id));

    look(&f->arena, ITEM_INDICATOR, figure, "{'value':'Awaiting data'}", &f->v);
    rec = f->v.record.indicator;
    assert_true(rec->value.p == NULL);
    assert_int_equal(rec->gap, GAP_AWAITING);
    assert_int_equal(rec->amount, I64_NONE);

    look(&f->arena, ITEM_INDICATOR, figure, "{'breakdown':'TOTAL'}", &f->v);
    rec = f->v.record.indicator;
    assert_true(rec->typed_total);
    assert_true(rec->breakdown.p == NULL);
}

static void
test_id_of_parts(void **state)
{
    struct fixture *f = *state;
    const struct str parts[] = { STR("kent-2015"), STR("school"), STR("S-1"),
                                 STR("0") };
    struct id want = id_derive("notification", parts, N(parts));

    look(&f->arena, ITEM_NOTIFICATION, school, "{}", &f->v);
    assert_true(id_eq(f->v.id, want));
    assert_true(
        id_eq(f->v.record.notification->notification_id, want));
    look(&f->arena, ITEM_NOTIFICATION, school, "{'amendment':1}", &f->v);
    assert_false(id_eq(f->v.id, want));
}

static void
test_age_estimate(void **state)
{
    struct fixture *f = *state;
    char text[DATE_TEXT_SIZE];

    look(&f->arena, ITEM_NOTIFICATION, school,
         "{'child':{'dob':null,'age_years':9}}", &f->v);
    assert_string_equal(date_text(f->v.person->dob, text), "2005-12-01");
    assert_true(f->v.person->dob_estimated);
}

static void
test_bad_optional_kept(void **state)
{
    struct fixture *f = *state;
    const struct person_detail *d;

    look(&f->arena, ITEM_NOTIFICATION, school,
         "{'child':{'nhs_number':'9434765918','sex':'x'}}", &f->v);
    assert_int_equal(f->v.person->details.n, 2);
    d = f->v.person->details.at;
    assert_true(str_is(d[0].name, "child.sex"));
    assert_true(str_is(d[0].value, "x"));
    assert_true(str_is(d[1].name, "child.nhs_number"));
    assert_true(str_is(d[1].value, "9434765918"));
    assert_null(f->v.person->nhs_number.p);
    assert_int_equal(f->v.person->sex, 0);
}

static void
test_no_value_in_reasons(void **state)
{
    struct fixture *f = *state;

    look(&f->arena, ITEM_NOTIFICATION, school,
         "{'agency_ref':'Quibble 1','agency_id':'Quibble','Quibble':1,"
         "'sent_at':'Quibble','immediate_danger':'Quibble','kind':'Quibble',"
         "'child':{'dob':'Quibble','surname':'Quibble\001'}}",
         &f->v);
    assert_true(f->v.problems.n >= 7);
    for (size_t i = 0; i < f->v.problems.n; i++) {
        assert_null(strstr(f->v.problems.at[i].detail.p, "uibble"));
        assert_null(strstr(f->v.problems.at[i].pointer.p, "uibble"));
    }
}

static void
test_sources(void **state)
{
    struct fixture *f = *state;

    look(&f->arena, ITEM_NOTIFICATION, school,
         "{'agency_id':'health','kind':'health_referral','discipline':'3E'}",
         &f->v);
    assert_true(str_is(f->v.record.notification->cin_source, "3E"));
    look(&f->arena, ITEM_NOTIFICATION, school,
         "{'agency_id':'public','kind':'self_referral','who':'1C'}", &f->v);
    assert_true(str_is(f->v.record.notification->cin_source, "1C"));
    look(&f->arena, ITEM_NOTIFICATION, school, "{}", &f->v);
    assert_true(str_is(f->v.record.notification->cin_source, "2A"));
    assert_int_equal(f->v.record.notification->entry, ENTRY_EH);
    look(&f->arena, ITEM_NOTIFICATION, school,
         "{'agency_id':'mash','kind':'mash_feed','rag':'red'}", &f->v);
    assert_int_equal(f->v.record.notification->entry, ENTRY_MASH);
    look(&f->arena, ITEM_NOTIFICATION, school, "{'entry':'csc'}", &f->v);
    assert_int_equal(f->v.record.notification->entry, ENTRY_CSC);
}

/* Each once, as it was told, at the beginning of its local day; those of one
 * day in the order in which they are done. */
static void
test_milestones(void **state)
{
    static const struct {
        int activity;
        const char *at;
    } want[] = {
        { ACTIVITY_ALLOCATED, "2015-01-12T00:00:00.000Z" },
        { ACTIVITY_ASSESSMENT_STARTED, "2015-01-20T00:00:00.000Z" },
        { ACTIVITY_ASSESSMENT_COMPLETED, "2015-02-03T00:00:00.000Z" },
        { ACTIVITY_PLAN_AGREED, "2015-02-03T00:00:00.000Z" },
        { ACTIVITY_REVIEW_HELD, "2015-04-30T23:00:00.000Z" },
        { ACTIVITY_VISIT, "2015-06-24T23:00:00.000Z" },
    };
    struct fixture *f = *state;
    const struct notification_received *rec;
    const struct milestone *at;
    char text[TIME_TEXT_SIZE];

    look(&f->arena, ITEM_NOTIFICATION, go_live, "{}", &f->v);
    rec = f->v.record.notification;
    at = rec->milestones.at;
    assert_string_equal(time_text(rec->opened_at, text),
                        "2015-01-12T00:00:00.000Z");
    assert_int_equal(rec->milestones.n, N(want));
    for (size_t i = 0; i < N(want); i++) {
        assert_int_equal(at[i].activity, want[i].activity);
        assert_string_equal(time_text(at[i].at, text), want[i].at);
    }
}

static void
test_activity_record(void **state)
{
    struct fixture *f = *state;

    look(&f->arena, ITEM_ACTIVITY, activity,
         "{'activity':'session_attended','hours':'1.5','reason':'why',"
         "'note':'what','unit':'swale-1'}",
         &f->v);
    assert_int_equal(f->v.record.activity->hours_tenths, 15);
    assert_int_equal(f->v.record.activity->reason_chars, 3);
    assert_true(str_is(f->v.record.activity->unit, "swale-1"));
    assert_true(str_is(f->v.detail, "why\nwhat"));
}

static void
hash_of(struct arena *a, enum item_kind_of item, const char *text,
        uint8_t out[CONTENT_HASH_SIZE])
{
    struct raw_value raw = raw_text(a, text);

    content_hash(a, STR("0123456789abcdef"), item, &raw, out);
}

static void
test_content_hash(void **state)
{
    struct fixture *f = *state;
    uint8_t one[CONTENT_HASH_SIZE], other[CONTENT_HASH_SIZE];
    static const char *const same[] = { "{'b':'x','a':1,'c':{'d':[1,2]}}",
                                        "{'a':'1','b':'x','c':{'d':[1,2]},"
                                        "'e':null,'f':''}" };
    static const char *const differ[] = {
        "{'a':1,'b':'y','c':{'d':[1,2]}}", "{'a':1,'b':'x','c':{'d':[2,1]}}",
        "{'a':1,'b':'x','d':{'d':[1,2]}}", "{'a':1,'b':'x'}",
        "{'a':1,'bx':'','c':{'d':[1,2]}}",
    };

    hash_of(&f->arena, ITEM_NOTIFICATION, "{'a':1,'b':'x','c':{'d':[1,2]}}",
            one);
    for (size_t i = 0; i < N(same); i++) {
        hash_of(&f->arena, ITEM_NOTIFICATION, same[i], other);
        assert_memory_equal(one, other, sizeof one);
    }
    for (size_t i = 0; i < N(differ); i++) {
        hash_of(&f->arena, ITEM_NOTIFICATION, differ[i], other);
        assert_memory_not_equal(one, other, sizeof one);
    }
    hash_of(&f->arena, ITEM_ACTIVITY, "{'a':1,'b':'x','c':{'d':[1,2]}}",
            other);
    assert_memory_not_equal(one, other, sizeof one);
}

#define WITH(f, what)                                                    \
    { .name = (what), .test_func = (f), .setup_func = setup,             \
      .teardown_func = teardown }

/* BLAKE2b-256 of nothing, and of "abc", as b2sum -l 256 tells them. */
static void
test_digest(void **state)
{
    char text[CONTENT_DIGEST_SIZE];

    (void)state;
    assert_string_equal(content_digest(STR(""), text),
                        "0e5751c026e543b2e8ab2eb06099daa1"
                        "d1e5df47778f7787faab45cdf12fe3a8");
    assert_string_equal(content_digest(STR("abc"), text),
                        "bddd813c634239723171ef3fee98579b"
                        "94964e3bb1cb3e427262c8c068d52319");
}

static void
test_cin_source(void **state)
{
    const struct agency health = { .type = AGENCY_HEALTH };
    const struct agency gp = { .type = AGENCY_HEALTH,
                               .cin_source = { "3D", 2 } };
    const struct agency a_school = { .type = AGENCY_SCHOOL };
    struct str of_school = agency_cin_source(&a_school, 0, 0);

    (void)state;
    assert_true(str_is(agency_cin_source(&health, 1, 0),
                       codes_word(&codes_discipline, 1)));
    assert_true(str_is(agency_cin_source(&gp, 0, 0), "3D"));
    assert_true(str_is(agency_cin_source(&gp, 1, 0),
                       codes_word(&codes_discipline, 1)));
    assert_true(of_school.n > 0);
    assert_true(str_eq(agency_cin_source(&a_school, 1, 1), of_school));
    assert_true(agency_knows_school(&the_register, STR("900001")));
    assert_false(agency_knows_school(&the_register, STR("900002")));
}

int
main(void)
{
    static struct CMUnitTest tests[N(rows) + N(other_rows) + N(staffed_rows) + 16];
    static const struct CMUnitTest single[] = {
        WITH(test_missing_record, "a missing report fills its record"),
        WITH(test_indicator_record, "a figure fills its record"),
        WITH(test_id_of_parts,
             "the id comes from authority, agency, reference, amendment"),
        WITH(test_age_estimate,
             "nine years on 26 June 2015 is 1 December 2005, estimated"),
        WITH(test_bad_optional_kept,
             "a bad optional value is null and kept as it came"),
        WITH(test_no_value_in_reasons, "no reason repeats a value"),
        WITH(test_sources, "source and door follow from agency and kind"),
        WITH(test_activity_record, "an activity fills its record"),
        WITH(test_milestones, "what a case went through is told in its order"),
        WITH(test_content_hash, "the same content has the same hash"),
        WITH(test_cin_source,
             "a discipline is a health agency's, else its own source counts"),
        WITH(test_digest, "a text is known by its digest"),
    };
    size_t n = 0;

    calendar_file_read(&the_calendar);
    for (size_t i = 0; i < N(rows); i++)
        tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
                                          .test_func = test_row,
                                          .initial_state =
                                              (void *)(uintptr_t)&rows[i] };
    for (size_t i = 0; i < N(other_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = other_rows[i].name,
                                 .test_func = test_other_row,
                                 .initial_state =
                                     (void *)(uintptr_t)&other_rows[i] };
    for (size_t i = 0; i < N(staffed_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = staffed_rows[i].name,
                                 .test_func = test_staffed_row,
                                 .initial_state =
                                     (void *)(uintptr_t)&staffed_rows[i] };
    for (size_t i = 0; i < N(single); i++)
        tests[n++] = single[i];
    return _cmocka_run_group_tests("validate", tests, n, NULL, NULL);
}
