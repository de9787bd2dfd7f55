#include "common/core/check.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define NHS_DIGITS 10
#define UPN_CHARS 13
#define POSTCODE_LETTERS 7 /* at most, without the space */
#define NO_ABODE "ZZ99"
#define AGENCY_REF_MAX 64
#define AGE_LIMIT_YEARS 120
#define EXPECTED_DAYS_BEFORE 14
#define EXPECTED_DAYS_AFTER 294

const char *
warning_code(enum warning w)
{
    static const char codes[][4] = {
        "",    "W01", "W02", "W03", "W04", "W05", "W06", "W07", "W08",
        "W09", "W10", "W11", "W12", "W13", "W14", "W15", "W16", "W17",
    };

    assert((size_t)w < sizeof codes / sizeof codes[0]);
    return codes[w];
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char
upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool
is_letter(char c)
{
    return upper(c) >= 'A' && upper(c) <= 'Z';
}

static bool
is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/*
 * `text` in upper case without the characters of `drop`, into `out` of
 * `max` + 1 bytes. The length; more than `max` means that it didn't fit.
 */
static size_t
squeeze(struct str text, const char *drop, char *out, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (is_one_of(text.p[i], drop))
            continue;
        if (n < max)
            out[n] = upper(text.p[i]);
        n++;
    }
    out[n < max ? n : max] = '\0';
    return n;
}

static struct check
bad(char *out, enum warning w)
{
    out[0] = '\0';
    return (struct check){ .result = CHECK_BAD, .warning = w };
}

static struct check
found(enum check_result result)
{
    return (struct check){ .result = result, .warning = WARNING_NONE };
}

/* Weights 10 to 2; 11 less the remainder of 11, where 11 counts as 0. */
static bool
nhs_check_digit_fits(const char *digits)
{
    int sum = 0;
    int want;

    for (int i = 0; i < NHS_DIGITS - 1; i++)
        sum += (digits[i] - '0') * (10 - i);
    want = 11 - sum % 11;
    if (want == 11)
        want = 0;
    return want == digits[NHS_DIGITS - 1] - '0';
}

struct check
check_nhs_number(struct str text, char out[CHECK_NHS_SIZE])
{
    size_t n = squeeze(text, " -", out, NHS_DIGITS);

    if (n == 0)
        return found(CHECK_ABSENT);
    if (n != NHS_DIGITS || !check_digits(str_of(out), NHS_DIGITS))
        return bad(out, WARNING_NHS_NUMBER);
    if (strspn(out, (char[]){ out[0], '\0' }) == NHS_DIGITS ||
        !nhs_check_digit_fits(out))
        return bad(out, WARNING_NHS_NUMBER);
    return found(CHECK_GOOD);
}

/*
 * Local authority numbers that a UPN may carry: those in use since 1999 and
 * the pseudo numbers (School census rule 1530), with the authorities formed
 * since: 838, 839 (2019), 940, 941 (2021), 942, 943 (2023).
 */
static bool
is_la_number(int number)
{
    static const struct {
        short first;
        short last;
    } known[] = {
        { 1, 5 },     { 201, 213 }, { 301, 320 }, { 330, 336 }, { 340, 344 },
        { 350, 359 }, { 370, 373 }, { 380, 384 }, { 390, 394 }, { 420, 420 },
        { 660, 681 }, { 701, 708 }, { 800, 803 }, { 805, 808 }, { 810, 813 },
        { 815, 816 }, { 820, 823 }, { 825, 826 }, { 830, 831 }, { 835, 841 },
        { 845, 846 }, { 850, 852 }, { 855, 857 }, { 860, 861 }, { 865, 896 },
        { 908, 909 }, { 916, 916 }, { 919, 919 }, { 921, 921 }, { 925, 926 },
        { 928, 929 }, { 931, 931 }, { 933, 933 }, { 935, 938 }, { 940, 943 },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].first <= number && number <= known[i].last)
            return true;
    }
    return false;
}

/* Letters of a UPN: a letter's value is its place. */
static const char upn_letters[] = "ABCDEFGHJKLMNPQRTUVWXYZ";

static bool
upn_fits(const char *upn)
{
    const char *last = strchr(upn_letters, upn[UPN_CHARS - 1]);
    int sum = 0;

    if (!check_digits((struct str){ .p = upn + 1, .n = UPN_CHARS - 2 },
                      UPN_CHARS - 2))
        return false;
    for (int i = 1; i < UPN_CHARS - 1; i++)
        sum += (upn[i] - '0') * (i + 1);
    if (is_digit(upn[UPN_CHARS - 1]))
        sum += (upn[UPN_CHARS - 1] - '0') * UPN_CHARS;
    else if (last != NULL)
        sum += (int)(last - upn_letters) * UPN_CHARS;
    else
        return false;
    return upn[0] == upn_letters[sum % 23] &&
           is_la_number((upn[1] - '0') * 100 + (upn[2] - '0') * 10 +
                        (upn[3] - '0'));
}

struct check
check_upn(struct str text, char out[CHECK_UPN_SIZE])
{
    size_t n = squeeze(text, " ", out, UPN_CHARS);

    if (n == 0)
        return found(CHECK_ABSENT);
    if (n != UPN_CHARS || !upn_fits(out))
        return bad(out, WARNING_UPN);
    if (!is_digit(out[UPN_CHARS - 1]))
        return (struct check){ .result = CHECK_TEMPORARY,
                               .warning = WARNING_UPN_TEMPORARY };
    return found(CHECK_GOOD);
}

struct check
check_la_child_id(struct str text, char out[CHECK_LA_CHILD_ID_SIZE])
{
    out[0] = '\0';
    if (text.n == 0)
        return found(CHECK_ABSENT);
    if (text.n >= CHECK_LA_CHILD_ID_SIZE)
        return bad(out, WARNING_LA_CHILD_ID);
    for (size_t i = 0; i < text.n; i++) {
        if (!is_digit(text.p[i]) && !is_letter(text.p[i]))
            return bad(out, WARNING_LA_CHILD_ID);
    }
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return found(CHECK_GOOD);
}

/* One or two letters, a digit, perhaps a digit or letter: "CT1", "SW1A". */
static bool
outward_fits(const char *p, size_t n)
{
    size_t letters = n > 1 && is_letter(p[1]) ? 2 : 1;

    if (n <= letters || n > letters + 2 || !is_letter(p[0]) ||
        !is_digit(p[letters]))
        return false;
    return n == letters + 1 || is_digit(p[letters + 1]) ||
           is_letter(p[letters + 1]);
}

/* A digit and two letters, none of C I K M O V. */
static bool
inward_fits(const char *p)
{
    static const char letters[] = "ABDEFGHJLNPQRSTUWXYZ";

    return is_digit(p[0]) && is_one_of(p[1], letters) &&
           is_one_of(p[2], letters);
}

struct check
check_postcode(struct str text, char out[CHECK_POSTCODE_SIZE])
{
    char plain[POSTCODE_LETTERS + 1];
    size_t n = squeeze(text, " .-", plain, POSTCODE_LETTERS);

    out[0] = '\0';
    if (n == 0)
        return found(CHECK_ABSENT);
    if (n <= POSTCODE_LETTERS &&
        strncmp(plain, NO_ABODE, sizeof NO_ABODE - 1) == 0)
        return found(CHECK_NO_ABODE);
    if (n < 5 || n > POSTCODE_LETTERS || !outward_fits(plain, n - 3) ||
        !inward_fits(plain + n - 3))
        return bad(out, WARNING_POSTCODE);
    memcpy(out, plain, n - 3);
    out[n - 3] = ' ';
    memcpy(out + n - 2, plain + n - 3, 3);
    out[n + 1] = '\0';
    return found(CHECK_GOOD);
}

bool
check_digits(struct str text, size_t n)
{
    if (text.p == NULL || text.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(text.p[i]))
            return false;
    }
    return true;
}

bool
check_agency_ref(struct str text)
{
    if (text.n < 1 || text.n > AGENCY_REF_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (!is_digit(c) && !is_letter(c) && !is_one_of(c, "/_.:-"))
            return false;
    }
    return true;
}

/*
 * The code point at the front of `s` (s.n > 0) and its length in bytes; 0 if
 * it is not UTF-8: cut short, longer than needed, a surrogate, past U+10FFFF.
 */
static size_t
next_code_point(struct str s, uint32_t *out)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *p = (const unsigned char *)s.p;
    size_t n = p[0] < 0x80   ? 1
               : p[0] < 0xc0 ? 0
               : p[0] < 0xe0 ? 2
               : p[0] < 0xf0 ? 3
               : p[0] < 0xf8 ? 4
                             : 0;
    uint32_t cp = n < 2 ? p[0] : p[0] & (0x7fU >> n);

    if (n == 0 || n > s.n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        cp = cp << 6 | (p[i] & 0x3f);
    }
    if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        return 0;
    *out = cp;
    return n;
}

static bool
is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f);
}

static struct str
after(struct str s, size_t n)
{
    return (struct str){ .p = s.p + n, .n = s.n - n };
}

/* `layout`: tab and line ends are no controls here. */
static enum check_text
check_text(struct str text, size_t max, bool layout)
{
    size_t n = 0;

    while (text.n > 0) {
        uint32_t cp;
        size_t bytes = next_code_point(text, &cp);

        if (bytes == 0)
            return CHECK_TEXT_NOT_UTF8;
        if (is_control(cp) &&
            !(layout && (cp == '\t' || cp == '\n' || cp == '\r')))
            return CHECK_TEXT_CONTROL;
        n++;
        text = after(text, bytes);
    }
    return n > max ? CHECK_TEXT_TOO_LONG : CHECK_TEXT_GOOD;
}

enum check_text
check_name(struct str text)
{
    return check_text(text, CHECK_NAME_MAX, false);
}

enum check_text
check_free_text(struct str text, size_t max)
{
    return check_text(text, max, true);
}

#define LATIN_FIRST 0x00c0
#define LATIN_MORE_FIRST 0x1e00

/* U+00C0 to U+0233; "" stands for what has no plain letter. */
static const char latin[][3] = {
    "a",  "a",  "a",  "a",  "a",  "a",  "ae", "c",  "e",  "e", "e",  "e",  "i",
    "i",  "i",  "i",  "d",  "n",  "o",  "o",  "o",  "o",  "o", "",   "o",  "u",
    "u",  "u",  "u",  "y",  "th", "ss", "a",  "a",  "a",  "a", "a",  "a",  "ae",
    "c",  "e",  "e",  "e",  "e",  "i",  "i",  "i",  "i",  "d", "n",  "o",  "o",
    "o",  "o",  "o",  "",   "o",  "u",  "u",  "u",  "u",  "y", "th", "y",  "a",
    "a",  "a",  "a",  "a",  "a",  "c",  "c",  "c",  "c",  "c", "c",  "c",  "c",
    "d",  "d",  "d",  "d",  "e",  "e",  "e",  "e",  "e",  "e", "e",  "e",  "e",
    "e",  "g",  "g",  "g",  "g",  "g",  "g",  "g",  "g",  "h", "h",  "h",  "h",
    "i",  "i",  "i",  "i",  "i",  "i",  "i",  "i",  "i",  "i", "ij", "ij", "j",
    "j",  "k",  "k",  "k",  "l",  "l",  "l",  "l",  "l",  "l", "l",  "l",  "l",
    "l",  "n",  "n",  "n",  "n",  "n",  "n",  "n",  "n",  "n", "o",  "o",  "o",
    "o",  "o",  "o",  "oe", "oe", "r",  "r",  "r",  "r",  "r", "r",  "s",  "s",
    "s",  "s",  "s",  "s",  "s",  "s",  "t",  "t",  "t",  "t", "t",  "t",  "u",
    "u",  "u",  "u",  "u",  "u",  "u",  "u",  "u",  "u",  "u", "u",  "w",  "w",
    "y",  "y",  "y",  "z",  "z",  "z",  "z",  "z",  "z",  "s", "",   "",   "",
    "",   "",   "",   "",   "",   "",   "",   "",   "",   "",  "",   "",   "e",
    "",   "",   "",   "",   "",   "",   "",   "",   "",   "",  "",   "",   "",
    "",   "",   "",   "o",  "o",  "",   "",   "",   "",   "",  "",   "",   "",
    "",   "",   "",   "",   "",   "u",  "u",  "",   "",   "",  "",   "",   "",
    "",   "",   "",   "",   "",   "",   "",   "",   "",   "",  "",   "",   "",
    "dz", "dz", "dz", "lj", "lj", "lj", "nj", "nj", "nj", "a", "a",  "i",  "i",
    "o",  "o",  "u",  "u",  "u",  "u",  "u",  "u",  "u",  "u", "u",  "u",  "",
    "a",  "a",  "a",  "a",  "ae", "ae", "",   "",   "g",  "g", "k",  "k",  "o",
    "o",  "o",  "o",  "",   "",   "j",  "dz", "dz", "dz", "g", "g",  "",   "",
    "n",  "n",  "a",  "a",  "ae", "ae", "o",  "o",  "a",  "a", "a",  "a",  "e",
    "e",  "e",  "e",  "i",  "i",  "i",  "i",  "o",  "o",  "o", "o",  "r",  "r",
    "r",  "r",  "u",  "u",  "u",  "u",  "s",  "s",  "t",  "t", "",   "",   "h",
    "h",  "",   "",   "",   "",   "",   "",   "a",  "a",  "e", "e",  "o",  "o",
    "o",  "o",  "o",  "o",  "o",  "o",  "y",  "y",
};

/* U+1E00 to U+1EFF: Welsh and Vietnamese among others. */
static const char latin_more[][3] = {
    "a", "a", "b", "b", "b", "b", "b", "b", "c",  "c", "d", "d", "d", "d", "d",
    "d", "d", "d", "d", "d", "e", "e", "e", "e",  "e", "e", "e", "e", "e", "e",
    "f", "f", "g", "g", "h", "h", "h", "h", "h",  "h", "h", "h", "h", "h", "i",
    "i", "i", "i", "k", "k", "k", "k", "k", "k",  "l", "l", "l", "l", "l", "l",
    "l", "l", "m", "m", "m", "m", "m", "m", "n",  "n", "n", "n", "n", "n", "n",
    "n", "o", "o", "o", "o", "o", "o", "o", "o",  "p", "p", "p", "p", "r", "r",
    "r", "r", "r", "r", "r", "r", "s", "s", "s",  "s", "s", "s", "s", "s", "s",
    "s", "t", "t", "t", "t", "t", "t", "t", "t",  "u", "u", "u", "u", "u", "u",
    "u", "u", "u", "u", "v", "v", "v", "v", "w",  "w", "w", "w", "w", "w", "w",
    "w", "w", "w", "x", "x", "x", "x", "y", "y",  "z", "z", "z", "z", "z", "z",
    "h", "t", "w", "y", "a", "s", "",  "",  "ss", "",  "a", "a", "a", "a", "a",
    "a", "a", "a", "a", "a", "a", "a", "a", "a",  "a", "a", "a", "a", "a", "a",
    "a", "a", "a", "a", "e", "e", "e", "e", "e",  "e", "e", "e", "e", "e", "e",
    "e", "e", "e", "e", "e", "i", "i", "i", "i",  "o", "o", "o", "o", "o", "o",
    "o", "o", "o", "o", "o", "o", "o", "o", "o",  "o", "o", "o", "o", "o", "o",
    "o", "o", "o", "u", "u", "u", "u", "u", "u",  "u", "u", "u", "u", "u", "u",
    "u", "u", "y", "y", "y", "y", "y", "y", "y",  "y", "",  "",  "",  "",  "",
    "",
};

/* Spaces, hyphens, apostrophes and full stops, of ASCII. */
static bool
is_unheard_ascii(char c)
{
    return c == ' ' || c == '-' || c == '\'' || c == '.' || c == '`';
}

/* The same beyond ASCII, and combining accents. */
static bool
is_unheard(uint32_t cp)
{
    static const uint32_t signs[] = {
        0x00a0, 0x00ad, 0x00b4, 0x02b9, 0x02bb, 0x02bc, 0x02c8,
        0x2032, 0x2212, 0x3000, 0xfeff, 0xff07, 0xff0d,
    };

    if ((cp >= 0x0300 && cp <= 0x036f) || (cp >= 0x2000 && cp <= 0x201b))
        return true;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (signs[i] == cp)
            return true;
    }
    return false;
}

/* The plain letters for an accented one; "" if it has none. */
static const char *
fold(uint32_t cp)
{
    if (cp >= LATIN_FIRST && cp - LATIN_FIRST < sizeof latin / sizeof latin[0])
        return latin[cp - LATIN_FIRST];
    if (cp >= LATIN_MORE_FIRST &&
        cp - LATIN_MORE_FIRST < sizeof latin_more / sizeof latin_more[0])
        return latin_more[cp - LATIN_MORE_FIRST];
    return "";
}

/* The key of one ASCII letter or sign; returns its bytes in `key`. */
static size_t
ascii_key(char c, char *key)
{
    if (is_unheard_ascii(c))
        return 0;
    *key = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    return 1;
}

/* The same of what is at the front of `s` and no ASCII, `*bytes` long. */
static size_t
wide_key(struct str s, char *key, size_t *bytes)
{
    uint32_t cp = 0;
    const char *plain = "";

    *bytes = next_code_point(s, &cp);
    if (*bytes == 0) /* no UTF-8: the byte as it is */
        *bytes = 1;
    else if (is_unheard(cp))
        return 0;
    else
        plain = fold(cp);
    if (plain[0] == '\0') {
        memcpy(key, s.p, *bytes);
        return *bytes;
    }
    memcpy(key, plain, strlen(plain));
    return strlen(plain);
}

struct str
name_key(struct arena *a, struct str name)
{
    char *key;
    size_t n = 0;

    if (name.p == NULL)
        return STR_NULL;
    /* No letter becomes longer: two plain letters stand for two bytes. */
    key = arena_alloc(a, name.n + 1);
    while (name.n > 0) {
        size_t bytes = 1;

        if ((unsigned char)*name.p < 0x80)
            n += ascii_key(*name.p, key + n);
        else
            n += wide_key(name, key + n, &bytes);
        name = after(name, bytes);
    }
    return (struct str){ .p = key, .n = n };
}

enum check_birth
check_dob(date_d dob, date_d received)
{
    return dob <= received && date_age_years(dob, received) < AGE_LIMIT_YEARS
               ? CHECK_BIRTH_GOOD
               : CHECK_BIRTH_BAD;
}

enum check_birth
check_expected_dob(date_d expected, date_d received)
{
    if ((int64_t)expected - received > EXPECTED_DAYS_AFTER)
        return CHECK_BIRTH_BAD;
    return (int64_t)received - expected > EXPECTED_DAYS_BEFORE
               ? CHECK_BIRTH_UNCONFIRMED
               : CHECK_BIRTH_GOOD;
}

bool
check_dob_of_age(int age_years, date_d received, date_d *dob)
{
    date_d back;

    *dob = DATE_NONE;
    if (age_years < 0 || age_years >= AGE_LIMIT_YEARS)
        return false;
    back = date_add_months(received, -(age_years * 12 + 6));
    *dob = back - date_ymd(back).day + 1;
    return true;
}
