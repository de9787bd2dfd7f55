/*
 * A made-up population of children for record linkage: register.csv, who is
 * known, and messages.csv, what agencies then write. A child's number stands in
 * the ids (c-N and m-N), so that links can be scored.
 *
 *     population register|messages|twins CHILDREN SEED
 *
 * Families live at one address, some share a house; there are twins, also ones
 * with rhyming names; few names are common and many rare. A fifth of the
 * messages is about children who are not in the register, most of them
 * siblings and twins of those who are. Names are syllables, and the forms of
 * the table of nicknames.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "triage/core/nicknames.h"

enum { NAMES = 800, SURNAMES = 6000, STREETS = 2500, TEXT = 64, FAMILY = 8 };

struct child {
    long number, family;
    char given[TEXT], surname[TEXT], street[TEXT], postcode[16];
    char phone[16], nhs[16];
    int year, month, day, house;
    char sex;
    bool known;               /* in the register */
    char names[FAMILY][TEXT]; /* given in the family, the last ones */
};

static uint64_t state;

static uint64_t
draw(uint64_t below)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

static bool
chance(unsigned per_mille)
{
    return draw(1000) < per_mille;
}

/* 0 is common, `n` rare: the product of two draws. */
static unsigned
skewed(unsigned n)
{
    return (unsigned)((uint64_t)draw(n) * draw(n) / n);
}

/* ---- names ------------------------------------------------------------- */

static void
syllables(unsigned word, unsigned salt, char out[TEXT])
{
    static const char *const parts[] = { "ba",  "kor", "len", "mi",  "zor",
                                         "tal", "ven", "dri", "su",  "pel",
                                         "gra", "hin", "jo",  "wex", "fa",
                                         "nor", "qui", "ru",  "sta", "yel" };
    enum { PARTS = sizeof parts / sizeof parts[0] };
    unsigned v = word * 7919 + salt;

    out[0] = '\0';
    for (int i = 0; i < 3; i++) {
        (void)strncat(out, parts[v % PARTS], TEXT - strlen(out) - 1);
        v = v / PARTS + word * 31 + (unsigned)i;
    }
}

/* The first form of a row of nicknames, or syllables. */
static void
given_name(unsigned word, char out[TEXT])
{
    if (word < n_nicknames)
        (void)snprintf(out, TEXT, "%.*s", (int)strcspn(nicknames[word], " "),
                       nicknames[word]);
    else
        syllables(word, 5, out);
}

static void
nickname(char name[TEXT])
{
    size_t n = strlen(name);

    for (size_t i = 0; i < n_nicknames; i++) {
        const char *row = nicknames[i];

        if (strncmp(row, name, n) == 0 && row[n] == ' ') {
            const char *other = row + n + 1;

            (void)snprintf(name, TEXT, "%.*s", (int)strcspn(other, " "), other);
            return;
        }
    }
}

/* A letter other, more or less, or two swapped. */
static void
typo(char *text)
{
    size_t n = strlen(text), at;
    char c;

    if (n < 3)
        return;
    at = draw(n - 1);
    c = text[at];
    switch (draw(4)) {
    case 0:
        text[at] = (char)('a' + draw(26));
        break;
    case 1:
        memmove(text + at, text + at + 1, n - at);
        break;
    case 2:
        if (n + 2 < TEXT) {
            memmove(text + at + 1, text + at, n - at + 1);
            text[at] = (char)('a' + draw(26));
        }
        break;
    default:
        text[at] = text[at + 1];
        text[at + 1] = c;
    }
}

/* ---- children ---------------------------------------------------------- */

/*
 * No number is given twice: eight digits stand for the child, the first is the
 * one that leaves a check digit.
 */
static void
nhs_number(long number, char out[16])
{
    int sum, check;

    (void)snprintf(out, 16, "0%08ld",
                   (long)(((uint64_t)number * 7919 + 12345) % 100000000));
    for (out[0] = '9';; out[0]--) {
        sum = 0;
        for (int i = 0; i < 9; i++)
            sum += (out[i] - '0') * (10 - i);
        check = 11 - sum % 11;
        if (check != 10)
            break;
    }
    out[9] = (char)('0' + check % 11);
    out[10] = '\0';
}

static void
home(struct child *c)
{
    unsigned street = skewed(STREETS);
    char name[TEXT];

    syllables(street, 11, name);
    (void)snprintf(c->street, TEXT, "%.40s %s", name,
                   street % 3 ? "street" : "road");
    c->house = 1 + (int)skewed(150);
    (void)snprintf(c->postcode, sizeof c->postcode, "ZX%u %u%c%c",
                   1 + street % 30, street % 10, (char)('A' + street / 10 % 26),
                   (char)('A' + c->house / 20 % 26));
    (void)snprintf(c->phone, sizeof c->phone, "0%u",
                   (unsigned)(1600000000 + draw(99999999)));
}

static void
birth(struct child *c)
{
    c->year = 2008 + (int)draw(18);
    c->month = 1 + (int)draw(12);
    c->day = 1 + (int)draw(28);
}

static void
person(struct child *c)
{
    given_name(skewed(NAMES), c->given);
    c->sex = draw(2) ? 'M' : 'F';
    nhs_number(c->number, c->nhs);
}

/* No family gives a name twice. */
static void
name_once(struct child *c, bool same)
{
    if (!same)
        memset(c->names, 0, sizeof c->names);
    for (int i = 0; i < FAMILY; i++)
        if (strcmp(c->names[i], c->given) == 0) {
            given_name(skewed(NAMES), c->given);
            i = -1;
        }
    memcpy(c->names[c->number % FAMILY], c->given, TEXT);
}

/* The next child: of the same family as the last one, maybe its twin. */
static void
next_child(struct child *c, bool twins)
{
    struct child last = *c;
    bool same = twins ? c->number % 2 == 1 : c->number > 0 && chance(450);
    bool twin = same && (twins || chance(40));

    c->number++;
    person(c);
    c->known = !chance(120);
    if (!same) {
        c->family++;
        syllables(skewed(SURNAMES), 3, c->surname);
        if (c->number == 1 || !chance(30)) /* else two families in a house */
            home(c);
    }
    if (!twin)
        birth(c);
    if (twin && chance(100)) { /* a rhyme */
        (void)snprintf(c->given, TEXT, "%s", last.given);
        c->given[0] = c->given[0] == 'h' ? 'j' : 'h';
    }
    name_once(c, same);
}

/* ---- what agencies write ----------------------------------------------- */

static void
spoil_names(struct child *c)
{
    char other[TEXT];

    if (chance(50))
        nickname(c->given);
    if (chance(30))
        typo(c->given);
    if (chance(30))
        typo(c->surname);
    if (chance(30)) /* another name since */
        syllables(skewed(SURNAMES), 3, c->surname);
    if (chance(10)) {
        memcpy(other, c->given, TEXT);
        memcpy(c->given, c->surname, TEXT);
        memcpy(c->surname, other, TEXT);
    }
    if (chance(10))
        c->given[0] = '\0';
}

static void
spoil_birth(struct child *c)
{
    int day = c->day;

    if (chance(5)) {
        c->day = c->month;
        c->month = day;
    }
    if (chance(15))
        c->day = 1 + (c->day + 9) % 28;
    if (chance(5))
        c->year--;
    if (chance(20))
        c->year = 0;
}

static void
spoil(struct child *c)
{
    spoil_names(c);
    spoil_birth(c);
    if (chance(100))
        home(c);
    if (chance(20))
        typo(c->street);
    if (chance(100))
        c->street[0] = c->postcode[0] = '\0';
    if (chance(5))
        c->sex = c->sex == 'M' ? 'F' : 'M';
    if (chance(50))
        c->sex = '\0';
    if (chance(500))
        c->phone[0] = '\0';
    if (chance(700))
        c->nhs[0] = '\0';
}

static void
put(const struct child *c, char kind)
{
    char date[32] = "", house[16] = "", sex[2] = { c->sex, '\0' };

    if (c->year != 0)
        (void)snprintf(date, sizeof date, "%04d-%02d-%02d", c->year, c->month,
                       c->day);
    if (c->street[0] != '\0')
        (void)snprintf(house, sizeof house, "%d", c->house);
    printf("%c-%ld,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", kind, c->number, c->given,
           c->surname, date, sex, house, c->street, c->postcode, c->phone,
           c->nhs);
}

int
main(int argc, char **argv)
{
    struct child c = { .number = 0 };
    bool messages, twins;
    long n;

    if (argc != 4)
        return 2;
    messages = strcmp(argv[1], "messages") == 0;
    twins = strcmp(argv[1], "twins") == 0;
    n = strtol(argv[2], NULL, 10);
    /* Far apart, or one population would be the other's, a few births on. */
    state = strtoul(argv[3], NULL, 10) * UINT64_C(0xd1342543de82ef95);
    printf("id,given_name,surname,date_of_birth,sex,street_number,address_1,"
           "postcode,phone,nhs_number\n");
    while (c.number < n) {
        uint64_t before;

        next_child(&c, twins);
        before = state; /* what is spoilt doesn't change who comes next */
        if (messages && (chance(500) || !c.known)) {
            struct child said = c;

            spoil(&said);
            put(&said, 'm');
        } else if (!messages && (twins || c.known)) {
            put(&c, 'c');
        }
        state = before + 1;
    }
    return 0;
}
