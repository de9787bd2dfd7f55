#include "common/core/linkage_model.h"

const char *const linkage_fields[LINKAGE_N] = {
    [LINKAGE_GIVEN] = "given",
    [LINKAGE_SURNAME] = "surname",
    [LINKAGE_BIRTH] = "birth",
    [LINKAGE_SEX] = "sex",
    [LINKAGE_NUMBER] = "number",
    [LINKAGE_NHS_NUMBER] = "nhs_number",
    [LINKAGE_PHONE] = "phone",
    [LINKAGE_STREET_NUMBER] = "street_number",
    [LINKAGE_ADDRESS_1] = "address_1",
    [LINKAGE_ADDRESS_2] = "address_2",
    [LINKAGE_PLACE] = "place",
    [LINKAGE_STATE] = "state",
    [LINKAGE_SCHOOL] = "school",
};

const char *const linkage_levels[LEVEL_N] = {
    [LEVEL_MISSING] = "missing",     [LEVEL_EQUAL] = "equal",
    [LEVEL_TYPO] = "typo",           [LEVEL_NEAR] = "near",
    [LEVEL_PART] = "part",           [LEVEL_SWAPPED] = "swapped",
    [LEVEL_DIFFERENT] = "different",
};

/*
 * Weights to begin with, judged by hand from how often clerks err (a tenth of
 * all records has an error in a given field) and how many different values a
 * field has; EM on the data's own records replaces them.
 *
 *                missing equal   typo    near    part swapped different
 */
const struct linkage_model linkage_default = {
    .same = {
        [LINKAGE_GIVEN] = { 0, -300, -3600, -4600, -5600, -6600, -5000 },
        [LINKAGE_SURNAME] = { 0, -300, -3600, -6600, -5600, -6600, -5000 },
        [LINKAGE_BIRTH] = { 0, -200, -4000, -7600, -7000, -7600, -6600 },
        [LINKAGE_SEX] = { 0, -50, 0, 0, 0, 0, -5600 },
        [LINKAGE_NUMBER] = { 0, -250, -3600, 0, -6600, 0, -5600 },
        [LINKAGE_NHS_NUMBER] = { 0, -50, 0, 0, 0, 0, -5600 },
        [LINKAGE_PHONE] = { 0, -600, -4600, 0, 0, 0, -1900 },
        [LINKAGE_STREET_NUMBER] = { 0, -500, -3300, 0, 0, 0, -2600 },
        [LINKAGE_ADDRESS_1] = { 0, -600, -2600, -5000, -4300, -6600, -3000 },
        [LINKAGE_ADDRESS_2] = { 0, -600, -2600, -5000, -4300, -6600, -3000 },
        [LINKAGE_PLACE] = { 0, -600, -2600, -4000, -4000, -6600, -3300 },
        [LINKAGE_STATE] = { 0, -400, -4600, 0, 0, 0, -2600 },
        [LINKAGE_SCHOOL] = { 0, -500, 0, 0, 0, 0, -1800 },
    },
    .chance = {
        [LINKAGE_GIVEN] = { 0, -7300, -7600, -8000, -4300, -17000, -100 },
        [LINKAGE_SURNAME] = { 0, -8600, -8600, -8600, -5000, -17000, -60 },
        [LINKAGE_BIRTH] = { 0, -13500, -9600, -13000, -6000, -13000, -40 },
        [LINKAGE_SEX] = { 0, -1000, 0, 0, 0, 0, -1000 },
        [LINKAGE_NUMBER] = { 0, -20000, -16000, 0, -12000, 0, -1 },
        [LINKAGE_NHS_NUMBER] = { 0, -20000, 0, 0, 0, 0, -1 },
        [LINKAGE_PHONE] = { 0, -17000, -15000, 0, 0, 0, -1 },
        [LINKAGE_STREET_NUMBER] = { 0, -6000, -4000, 0, 0, 0, -120 },
        [LINKAGE_ADDRESS_1] = { 0, -10000, -10000, -10000, -5000, -17000, -60 },
        [LINKAGE_ADDRESS_2] = { 0, -9000, -9000, -10000, -5000, -17000, -60 },
        [LINKAGE_PLACE] = { 0, -11000, -13000, -11000, -7000, -17000, -20 },
        [LINKAGE_STATE] = { 0, -2000, -7000, 0, 0, 0, -400 },
        [LINKAGE_SCHOOL] = { 0, -6600, 0, 0, 0, 0, -15 },
    },
    .prior = -20000,
    .same_from = LINKAGE_SAME_FROM,
    .review_from = LINKAGE_REVIEW_FROM,
    .source = {
        .p = "judged by hand, services/common/core/linkage_model.c",
        .n = sizeof "judged by hand, services/common/core/linkage_model.c" - 1,
    },
};

int32_t
linkage_log2(uint64_t v)
{
    int32_t whole = 0, part = 0;
    uint64_t x;

    if (v == 0)
        return 0;
    while (v >> whole > 1)
        whole++;
    /* 1 <= x < 2 with 31 bits behind the point; squaring doubles the log. */
    x = whole > 31 ? v >> (whole - 31) : v << (31 - whole);
    for (int i = 0; i < 10; i++) {
        x = x * x >> 31;
        part = part << 1 | (x >> 32 != 0);
        x >>= x >> 32;
    }
    return whole * 1000 + part * 1000 / 1024;
}

int32_t
linkage_name_rarity(const struct linkage_names *names, struct str name)
{
    size_t low = 0, high = names->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = str_cmp(names->at[mid].name, name);

        if (order == 0)
            return names->at[mid].rarity;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return 0;
}

#define PPM 1000000

int32_t
linkage_odds(int ppm)
{
    int p = ppm < 1 ? 1 : ppm >= PPM ? PPM - 1 : ppm;

    return linkage_log2((uint64_t)p) - linkage_log2((uint64_t)(PPM - p));
}
