/* The children in need census as XML. */
#include <stdio.h>
#include <time.h>

#include "cli/core/cin.h"
#include "cli/return_file.h"
#include "cli/returns.h"

/* Elements stand in the order of the DfE's schema. No value needs escaping:
 * all are dates, codes, or identifiers of letters and digits. */

static void
element(FILE *to, const char *name, struct str value)
{
    if (value.p != NULL)
        fprintf(to, "<%s>%.*s</%s>", name, STR_ARG(value), name);
}

static void
day(FILE *to, const char *name, date_d d)
{
    char text[DATE_TEXT_SIZE];

    if (d != DATE_NONE)
        element(to, name, str_of(date_text(d, text)));
}

static void
flag(FILE *to, const char *name, bool value)
{
    element(to, name, value ? STR("1") : STR("0"));
}

static void
header(FILE *to, const struct return_source *src, const struct cin_options *o)
{
    char now[TIME_TEXT_SIZE];

    time_text((time_ms)time(NULL) * SECOND_MS, now);
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Message><Header>"
            "<CollectionDetails><Collection>CIN</Collection><Year>%04d</Year>",
            date_ymd(o->last).year);
    day(to, "ReferenceDate", o->last);
    fputs("</CollectionDetails><Source><SourceLevel>L</SourceLevel>", to);
    element(to, "LEA", src->la_code);
    fputs("<SoftwareCode>Waymark</SoftwareCode><Release>1</Release>"
          "<SerialNo>001</SerialNo>",
          to);
    element(to, "DateTime", (struct str){ .p = now, .n = 19 });
    fputs("</Source></Header><Children>\n", to);
}

static void
identifiers(FILE *to, const struct cin_child *c)
{
    fputs("<Child><ChildIdentifiers>", to);
    element(to, "LAchildID", c->la_child_id);
    element(to, "UPN", c->upn);
    element(to, "UPNunknown", str_of(c->upn_unknown));
    day(to, "PersonBirthDate", c->dob);
    day(to, "ExpectedPersonBirthDate", c->expected_dob);
    element(to, "Sex", str_of(codes_word(&codes_sex, c->sex)));
    day(to, "PersonDeathDate", c->died);
    fputs("</ChildIdentifiers><ChildCharacteristics>", to);
    element(to, "Ethnicity",
            str_of(codes_word(&codes_ethnicity, c->ethnicity)));
    if (c->disability != 0)
        fputs("<Disabilities>", to);
    for (int v = 1; v <= codes_disability.n; v++)
        if ((c->disability & SET_BIT(v)) != 0)
            element(to, "Disability", str_of(codes_word(&codes_disability, v)));
    if (c->disability != 0)
        fputs("</Disabilities>", to);
    fputs("</ChildCharacteristics>", to);
}

static void
assessment(FILE *to, const struct cin_assessment *a)
{
    fputs("<Assessments>", to);
    day(to, "AssessmentActualStartDate", a->started);
    day(to, "AssessmentAuthorisationDate", a->authorised);
    if (a->n_factors > 0)
        fputs("<FactorsIdentifiedAtAssessment>", to);
    for (size_t i = 0; i < a->n_factors; i++)
        element(to, "AssessmentFactors", str_of(a->factors[i]));
    if (a->n_factors > 0)
        fputs("</FactorsIdentifiedAtAssessment>", to);
    fputs("</Assessments>", to);
}

static void
episode(FILE *to, const struct cin_episode *e)
{
    fputs("<CINdetails>", to);
    day(to, "CINreferralDate", e->referred);
    element(to, "ReferralSource", e->source);
    element(to, "PrimaryNeedCode", e->primary_need);
    day(to, "CINclosureDate", e->closed);
    element(to, "ReasonForClosure", str_of(e->reason));
    day(to, "DateOfInitialCPC", e->conference);
    for (size_t i = 0; i < e->n_assessments; i++)
        assessment(to, &e->assessments[i]);
    for (size_t i = 0; i < e->n_plans; i++) {
        fputs("<CINPlanDates>", to);
        day(to, "CINPlanStartDate", e->plans[i].from);
        day(to, "CINPlanEndDate", e->plans[i].to);
        fputs("</CINPlanDates>", to);
    }
    for (size_t i = 0; i < e->n_enquiries; i++) {
        fputs("<Section47>", to);
        day(to, "S47ActualStartDate", e->enquiries[i].started);
        day(to, "DateOfInitialCPC", e->enquiries[i].conference);
        flag(to, "ICPCnotRequired", e->enquiries[i].not_required);
        fputs("</Section47>", to);
    }
    flag(to, "ReferralNFA", e->nfa);
    fputs("</CINdetails>", to);
}

static enum status
write_file(const struct return_source *src, const struct cin_options *options,
           const struct cin *made, struct err *err)
{
    struct return_file f;
    enum status rc =
        return_file_open(src->cli->arena, cli_text(src->cli, "out"), &f, err);

    if (rc != ST_OK)
        return rc;
    header(f.to, src, options);
    for (size_t i = 0; i < made->n_children; i++) {
        const struct cin_child *c = &made->children[i];

        identifiers(f.to, c);
        for (size_t k = 0; k < c->n_episodes; k++)
            episode(f.to, &c->episodes[k]);
        fputs("</Child>\n", f.to);
    }
    fputs("</Children></Message>\n", f.to);
    return return_file_close(&f, err);
}

static enum status
read_options(const struct return_source *src, struct cin_options *out,
             struct err *err)
{
    const char *year = cli_text(src->cli, "year");

    if (year == NULL || !cin_year(str_of(year), out))
        return err_set(err, ST_REJECT, "config", "want --year 2025-26");
    out->calendar = src->has_calendar ? &src->calendar : NULL;
    out->without_stopped = cli_flag(src->cli, "without-stopped");
    if (src->la_code.p == NULL)
        return err_set(err, ST_REJECT, "config",
                       "the profile of %.*s has no la_code: no census",
                       STR_ARG(src->authority));
    return ST_OK;
}

enum status
return_cin(const struct return_source *src, enum return_end *end,
           struct err *err)
{
    struct cin_options options = { .first = DATE_NONE };
    struct return_children children;
    struct cin made;
    enum status rc = read_options(src, &options, err);

    if (rc == ST_OK)
        rc = return_read(src, &children, err);
    if (rc != ST_OK)
        return rc;
    cin_make(src->cli->arena, &options, children.at, children.n, &made);
    rc = return_report(src, &made.findings, err);
    if (rc != ST_OK)
        return rc;
    *end = made.n_stops > 0 && !options.without_stopped ? RETURN_STOPPED
                                                        : RETURN_WRITTEN;
    if (*end == RETURN_WRITTEN && made.n_children == 0) {
        fprintf(stderr, "return: nobody was in need in that year\n");
        *end = RETURN_STOPPED; /* the schema wants a child */
    }
    if (*end == RETURN_STOPPED || cli_flag(src->cli, "check"))
        return ST_OK;
    return write_file(src, &options, &made, err);
}
