#include "common/core/codes.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const char *const kind_words[] = {
    [KIND_POLICE_MISSING_REPORTED - 1] = "police_missing_reported",
    [KIND_POLICE_MISSING_RISK_CHANGED - 1] = "police_missing_risk_changed",
    [KIND_POLICE_MISSING_FOUND - 1] = "police_missing_found",
    [KIND_POLICE_MISSING_CANCELLED - 1] = "police_missing_cancelled",
    [KIND_POLICE_PPN - 1] = "police_ppn",
    [KIND_POLICE_ENCOMPASS - 1] = "police_encompass",
    [KIND_MASH_FEED - 1] = "mash_feed",
    [KIND_SCHOOL_REFERRAL - 1] = "school_referral",
    [KIND_HEALTH_REFERRAL - 1] = "health_referral",
    [KIND_HOUSING_REFERRAL - 1] = "housing_referral",
    [KIND_VOLUNTARY_REFERRAL - 1] = "voluntary_referral",
    [KIND_SELF_REFERRAL - 1] = "self_referral",
    [KIND_OTHER_LA - 1] = "other_la",
    [KIND_CSC_STEP_DOWN - 1] = "csc_step_down",
    [KIND_EH_STEP_UP - 1] = "eh_step_up",
    [KIND_GO_LIVE - 1] = "go_live",
};

const struct codes codes_kind = {
    .name = "kind",
    .words = kind_words,
    .n = N_OF(kind_words),
};

static const char *const activity_words[] = {
    [ACTIVITY_ALLOCATED - 1] = "allocated",
    [ACTIVITY_REALLOCATED - 1] = "reallocated",
    [ACTIVITY_VISIT - 1] = "visit",
    [ACTIVITY_CHILD_SEEN - 1] = "child_seen",
    [ACTIVITY_CONTACT_FAMILY - 1] = "contact_family",
    [ACTIVITY_CONTACT_AGENCY - 1] = "contact_agency",
    [ACTIVITY_NOTE - 1] = "note",
    [ACTIVITY_CONSENT_CHANGED - 1] = "consent_changed",
    [ACTIVITY_ASSESSMENT_STARTED - 1] = "assessment_started",
    [ACTIVITY_ASSESSMENT_COMPLETED - 1] = "assessment_completed",
    [ACTIVITY_PLAN_AGREED - 1] = "plan_agreed",
    [ACTIVITY_REVIEW_HELD - 1] = "review_held",
    [ACTIVITY_NEED_ADDED - 1] = "need_added",
    [ACTIVITY_NEED_MET - 1] = "need_met",
    [ACTIVITY_LEVEL_CHANGED - 1] = "level_changed",
    [ACTIVITY_TRACKER_REVIEWED - 1] = "tracker_reviewed",
    [ACTIVITY_PANEL_CONSIDERED - 1] = "panel_considered",
    [ACTIVITY_HANDOVER_OFFERED - 1] = "handover_offered",
    [ACTIVITY_HANDOVER_ACCEPTED - 1] = "handover_accepted",
    [ACTIVITY_HANDOVER_DECLINED - 1] = "handover_declined",
    [ACTIVITY_HANDOVER_WITHDRAWN - 1] = "handover_withdrawn",
    [ACTIVITY_CAF_RECEIVED - 1] = "caf_received",
    [ACTIVITY_INTENT_DECLINED - 1] = "intent_declined",
    [ACTIVITY_CONSULTED - 1] = "consulted",
    [ACTIVITY_CONSULTATION_ANSWERED - 1] = "consultation_answered",
    [ACTIVITY_STRATEGY_STARTED - 1] = "strategy_started",
    [ACTIVITY_ICPC_HELD - 1] = "icpc_held",
    [ACTIVITY_CORE_GROUP_HELD - 1] = "core_group_held",
    [ACTIVITY_CP_REVIEW_HELD - 1] = "cp_review_held",
    [ACTIVITY_CIN_PLAN_STARTED - 1] = "cin_plan_started",
    [ACTIVITY_CIN_REVIEW_HELD - 1] = "cin_review_held",
    [ACTIVITY_LAC_STARTED - 1] = "lac_started",
    [ACTIVITY_LAC_REVIEW_HELD - 1] = "lac_review_held",
    [ACTIVITY_CSC_STATUS_CHANGED - 1] = "csc_status_changed",
    [ACTIVITY_RHI_OFFERED - 1] = "rhi_offered",
    [ACTIVITY_RHI_ACCEPTED - 1] = "rhi_accepted",
    [ACTIVITY_RHI_DECLINED - 1] = "rhi_declined",
    [ACTIVITY_RHI_HELD - 1] = "rhi_held",
    [ACTIVITY_ENCOMPASS_RELAYED - 1] = "encompass_relayed",
    [ACTIVITY_SAFETY_PLAN - 1] = "safety_plan",
    [ACTIVITY_SESSION_ATTENDED - 1] = "session_attended",
    [ACTIVITY_SERVICE_CHANGED - 1] = "service_changed",
    [ACTIVITY_PROGRAMME_CHANGED - 1] = "programme_changed",
    [ACTIVITY_AUDIT_RECORDED - 1] = "audit_recorded",
    [ACTIVITY_CLOCK_PAUSED - 1] = "clock_paused",
    [ACTIVITY_CLOCK_RESUMED - 1] = "clock_resumed",
    [ACTIVITY_CLOSED - 1] = "closed",
    [ACTIVITY_REOPENED - 1] = "reopened",
    [ACTIVITY_TRANSFERRED - 1] = "transferred",
    [ACTIVITY_CORRECTED - 1] = "corrected",
    [ACTIVITY_ALERT_ACKNOWLEDGED - 1] = "alert_acknowledged",
    [ACTIVITY_BIRTH_RECORDED - 1] = "birth_recorded",
};

const struct codes codes_activity = {
    .name = "activity",
    .words = activity_words,
    .n = N_OF(activity_words),
};

static const char *const need_words[] = {
    [NEED_C_ATTENDANCE - 1] = "c_attendance",
    [NEED_C_EXCLUSION - 1] = "c_exclusion",
    [NEED_C_EMOTIONAL - 1] = "c_emotional",
    [NEED_C_BEHAVIOUR - 1] = "c_behaviour",
    [NEED_C_OFFENDING - 1] = "c_offending",
    [NEED_C_EXPLOITATION - 1] = "c_exploitation",
    [NEED_C_MISSING - 1] = "c_missing",
    [NEED_C_NEET - 1] = "c_neet",
    [NEED_C_TEEN_PARENT - 1] = "c_teen_parent",
    [NEED_C_YOUNG_CARER - 1] = "c_young_carer",
    [NEED_C_SEND - 1] = "c_send",
    [NEED_C_HEALTH - 1] = "c_health",
    [NEED_C_DEVELOPMENT - 1] = "c_development",
    [NEED_C_SELF_HARM - 1] = "c_self_harm",
    [NEED_P_MENTAL_HEALTH - 1] = "p_mental_health",
    [NEED_P_SUBSTANCE - 1] = "p_substance",
    [NEED_P_DISABILITY - 1] = "p_disability",
    [NEED_P_PARENTING - 1] = "p_parenting",
    [NEED_F_BREAKDOWN - 1] = "f_breakdown",
    [NEED_F_DOMESTIC_ABUSE - 1] = "f_domestic_abuse",
    [NEED_F_NEGLECT - 1] = "f_neglect",
    [NEED_F_HOUSING - 1] = "f_housing",
    [NEED_F_POVERTY - 1] = "f_poverty",
    [NEED_F_NO_RECOURSE - 1] = "f_no_recourse",
};

const struct codes codes_need = {
    .name = "need",
    .words = need_words,
    .n = N_OF(need_words),
};

static const char *const outcome_words[] = {
    [OUTCOME_NFA - 1] = "nfa",
    [OUTCOME_UNIVERSAL - 1] = "universal",
    [OUTCOME_SINGLE_AGENCY - 1] = "single_agency",
    [OUTCOME_CAF_TAF - 1] = "caf_taf",
    [OUTCOME_EH_INTENSIVE - 1] = "eh_intensive",
    [OUTCOME_SOCIAL_CARE_REFERRAL - 1] = "social_care_referral",
    [OUTCOME_STRATEGY_DISCUSSION - 1] = "strategy_discussion",
    [OUTCOME_EXISTING_CASE - 1] = "existing_case",
    [OUTCOME_STEP_DOWN_OFFER - 1] = "step_down_offer",
    [OUTCOME_STEP_UP_OFFER - 1] = "step_up_offer",
};

const struct codes codes_outcome = {
    .name = "outcome",
    .words = outcome_words,
    .n = N_OF(outcome_words),
};

static const char *const side_words[] = {
    [SIDE_EH - 1] = "eh",
    [SIDE_CSC - 1] = "csc",
};

const struct codes codes_side = {
    .name = "side",
    .words = side_words,
    .n = N_OF(side_words),
};

static const char *const entry_words[] = {
    [ENTRY_EH - 1] = "eh",
    [ENTRY_CSC - 1] = "csc",
    [ENTRY_MASH - 1] = "mash",
};

const struct codes codes_entry = {
    .name = "entry",
    .words = entry_words,
    .n = N_OF(entry_words),
};

static const char *const decision_status_words[] = {
    [DECISION_PROVISIONAL - 1] = "provisional",
    [DECISION_FINAL - 1] = "final",
    [DECISION_REVISED - 1] = "revised",
};

const struct codes codes_decision_status = {
    .name = "decision_status",
    .words = decision_status_words,
    .n = N_OF(decision_status_words),
};

static const char *const csc_threshold_words[] = {
    [THRESHOLD_MET - 1] = "met",
    [THRESHOLD_NOT_MET - 1] = "not_met",
    [THRESHOLD_UNSURE - 1] = "unsure",
    [THRESHOLD_NOT_ASSESSED - 1] = "not_assessed",
};

const struct codes codes_csc_threshold = {
    .name = "csc_threshold",
    .words = csc_threshold_words,
    .n = N_OF(csc_threshold_words),
};

static const char *const harm_words[] = {
    [HARM_NONE - 1] = "none",
    [HARM_POSSIBLE - 1] = "possible",
    [HARM_LIKELY - 1] = "likely",
};

const struct codes codes_harm = {
    .name = "harm",
    .words = harm_words,
    .n = N_OF(harm_words),
};

static const char *const risk_grade_words[] = {
    [RISK_NONE - 1] = "none",
    [RISK_LOW - 1] = "low",
    [RISK_MEDIUM - 1] = "medium",
    [RISK_HIGH - 1] = "high",
};

const struct codes codes_risk_grade = {
    .name = "risk_grade",
    .words = risk_grade_words,
    .n = N_OF(risk_grade_words),
};

static const char *const consent_words[] = {
    [CONSENT_GIVEN - 1] = "given",
    [CONSENT_REFUSED - 1] = "refused",
    [CONSENT_NOT_ASKED - 1] = "not_asked",
    [CONSENT_NOT_NEEDED - 1] = "not_needed",
};

const struct codes codes_consent = {
    .name = "consent",
    .words = consent_words,
    .n = N_OF(consent_words),
};

static const char *const csc_status_words[] = {
    [CSC_NONE - 1] = "none",
    [CSC_OPEN - 1] = "open",
    [CSC_CIN - 1] = "cin",
    [CSC_CP - 1] = "cp",
    [CSC_LAC - 1] = "lac",
};

const struct codes codes_csc_status = {
    .name = "csc_status",
    .words = csc_status_words,
    .n = N_OF(csc_status_words),
};

static const char *const risk_of_csc_words[] = {
    [CSC_RISK_HIGH - 1] = "high",
    [CSC_RISK_MEDIUM - 1] = "medium",
    [CSC_RISK_MINIMAL - 1] = "minimal",
};

const struct codes codes_risk_of_csc = {
    .name = "risk_of_csc",
    .words = risk_of_csc_words,
    .n = N_OF(risk_of_csc_words),
};

static const char *const agency_type_words[] = {
    [AGENCY_SCHOOL - 1] = "school",
    [AGENCY_EDUCATION - 1] = "education",
    [AGENCY_HEALTH - 1] = "health",
    [AGENCY_HOUSING - 1] = "housing",
    [AGENCY_SOCIAL_CARE - 1] = "social_care",
    [AGENCY_OTHER_INTERNAL - 1] = "other_internal",
    [AGENCY_OTHER_AUTHORITY - 1] = "other_authority",
    [AGENCY_EARLY_HELP - 1] = "early_help",
    [AGENCY_POLICE - 1] = "police",
    [AGENCY_OTHER_LEGAL - 1] = "other_legal",
    [AGENCY_VOLUNTARY - 1] = "voluntary",
    [AGENCY_INDIVIDUAL - 1] = "individual",
    [AGENCY_MASH - 1] = "mash",
    [AGENCY_ANONYMOUS - 1] = "anonymous",
    [AGENCY_UNKNOWN - 1] = "unknown",
};

const struct codes codes_agency_type = {
    .name = "agency_type",
    .words = agency_type_words,
    .n = N_OF(agency_type_words),
};

static const char *const sex_words[] = {
    [SEX_M - 1] = "M",
    [SEX_F - 1] = "F",
    [SEX_U - 1] = "U",
};

const struct codes codes_sex = {
    .name = "sex",
    .words = sex_words,
    .n = N_OF(sex_words),
};

static const char *const ethnicity_words[] = {
    [ETHNICITY_WBRI - 1] = "WBRI",
    [ETHNICITY_WIRI - 1] = "WIRI",
    [ETHNICITY_WIRT - 1] = "WIRT",
    [ETHNICITY_WOTH - 1] = "WOTH",
    [ETHNICITY_WROM - 1] = "WROM",
    [ETHNICITY_MWBC - 1] = "MWBC",
    [ETHNICITY_MWBA - 1] = "MWBA",
    [ETHNICITY_MWAS - 1] = "MWAS",
    [ETHNICITY_MOTH - 1] = "MOTH",
    [ETHNICITY_AIND - 1] = "AIND",
    [ETHNICITY_APKN - 1] = "APKN",
    [ETHNICITY_ABAN - 1] = "ABAN",
    [ETHNICITY_AOTH - 1] = "AOTH",
    [ETHNICITY_BCRB - 1] = "BCRB",
    [ETHNICITY_BAFR - 1] = "BAFR",
    [ETHNICITY_BOTH - 1] = "BOTH",
    [ETHNICITY_CHNE - 1] = "CHNE",
    [ETHNICITY_OOTH - 1] = "OOTH",
    [ETHNICITY_REFU - 1] = "REFU",
    [ETHNICITY_NOBT - 1] = "NOBT",
};

const struct codes codes_ethnicity = {
    .name = "ethnicity",
    .words = ethnicity_words,
    .n = N_OF(ethnicity_words),
};

static const char *const disability_words[] = {
    [DISABILITY_NONE - 1] = "NONE",
    [DISABILITY_MOB - 1] = "MOB",
    [DISABILITY_HAND - 1] = "HAND",
    [DISABILITY_PC - 1] = "PC",
    [DISABILITY_INC - 1] = "INC",
    [DISABILITY_COMM - 1] = "COMM",
    [DISABILITY_LD - 1] = "LD",
    [DISABILITY_HEAR - 1] = "HEAR",
    [DISABILITY_VIS - 1] = "VIS",
    [DISABILITY_BEH - 1] = "BEH",
    [DISABILITY_CON - 1] = "CON",
    [DISABILITY_AUT - 1] = "AUT",
    [DISABILITY_DDA - 1] = "DDA",
};

const struct codes codes_disability = {
    .name = "disability",
    .words = disability_words,
    .n = N_OF(disability_words),
};

static const char *const missing_category_words[] = {
    [MISSING_MISSING - 1] = "missing",
    [MISSING_AWAY - 1] = "away",
};

const struct codes codes_missing_category = {
    .name = "missing_category",
    .words = missing_category_words,
    .n = N_OF(missing_category_words),
};

static const char *const cancel_reason_words[] = {
    [CANCEL_IN_ERROR - 1] = "in_error",
    [CANCEL_DUPLICATE - 1] = "duplicate",
    [CANCEL_NOT_MISSING - 1] = "not_missing",
    [CANCEL_WITHDRAWN - 1] = "withdrawn",
};

const struct codes codes_cancel_reason = {
    .name = "cancel_reason",
    .words = cancel_reason_words,
    .n = N_OF(cancel_reason_words),
};

static const char *const match_status_words[] = {
    [MATCH_MATCHED - 1] = "matched",
    [MATCH_NEW - 1] = "new",
    [MATCH_REVIEW - 1] = "review",
};

const struct codes codes_match_status = {
    .name = "match_status",
    .words = match_status_words,
    .n = N_OF(match_status_words),
};

static const char *const case_state_words[] = {
    [CASE_SCREENING - 1] = "screening",
    [CASE_INTENT - 1] = "intent",
    [CASE_UNALLOCATED - 1] = "unallocated",
    [CASE_ALLOCATED - 1] = "allocated",
    [CASE_ASSESSMENT - 1] = "assessment",
    [CASE_PLAN - 1] = "plan",
    [CASE_REVIEW - 1] = "review",
    [CASE_HANDOVER_PENDING - 1] = "handover_pending",
    [CASE_CLOSED - 1] = "closed",
    [CASE_MERGED - 1] = "merged",
    [CASE_TRANSFERRED - 1] = "transferred",
};

const struct codes codes_case_state = {
    .name = "case_state",
    .words = case_state_words,
    .n = N_OF(case_state_words),
};

static const char *const close_outcome_words[] = {
    [CLOSE_NEEDS_MET - 1] = "needs_met",
    [CLOSE_STEPPED_DOWN_TO_UNIVERSAL - 1] = "stepped_down_to_universal",
    [CLOSE_MOVED_AWAY - 1] = "moved_away",
    [CLOSE_AGED_OUT - 1] = "aged_out",
    [CLOSE_DIED - 1] = "died",
    [CLOSE_NEEDS_PARTLY_MET - 1] = "needs_partly_met",
    [CLOSE_DISENGAGED - 1] = "disengaged",
    [CLOSE_CONSENT_WITHDRAWN - 1] = "consent_withdrawn",
    [CLOSE_NFA_AFTER_ASSESSMENT - 1] = "nfa_after_assessment",
    [CLOSE_IN_ERROR - 1] = "in_error",
    [CLOSE_STEPPED_UP - 1] = "stepped_up",
    [CLOSE_STEPPED_DOWN - 1] = "stepped_down",
    [CLOSE_RC1 - 1] = "RC1",
    [CLOSE_RC2 - 1] = "RC2",
    [CLOSE_RC3 - 1] = "RC3",
    [CLOSE_RC4 - 1] = "RC4",
    [CLOSE_RC5 - 1] = "RC5",
    [CLOSE_RC6 - 1] = "RC6",
    [CLOSE_RC7 - 1] = "RC7",
    [CLOSE_RC8 - 1] = "RC8",
    [CLOSE_RC9 - 1] = "RC9",
};

const struct codes codes_close_outcome = {
    .name = "close_outcome",
    .words = close_outcome_words,
    .n = N_OF(close_outcome_words),
};

static const char *const handover_state_words[] = {
    [HANDOVER_OFFERED - 1] = "offered",
    [HANDOVER_ACCEPTED - 1] = "accepted",
    [HANDOVER_DECLINED - 1] = "declined",
    [HANDOVER_WITHDRAWN - 1] = "withdrawn",
    [HANDOVER_EXPIRED - 1] = "expired",
};

const struct codes codes_handover_state = {
    .name = "handover_state",
    .words = handover_state_words,
    .n = N_OF(handover_state_words),
};

static const char *const direction_words[] = {
    [DIRECTION_STEP_UP - 1] = "step_up",
    [DIRECTION_STEP_DOWN - 1] = "step_down",
};

const struct codes codes_direction = {
    .name = "direction",
    .words = direction_words,
    .n = N_OF(direction_words),
};

static const char *const clock_change_words[] = {
    [CLOCK_STARTED - 1] = "started",
    [CLOCK_STOPPED - 1] = "stopped",
    [CLOCK_VOID - 1] = "void",
    [CLOCK_MOVED - 1] = "moved",
    [CLOCK_PAUSED - 1] = "paused",
    [CLOCK_RESUMED - 1] = "resumed",
};

const struct codes codes_clock_change = {
    .name = "clock_change",
    .words = clock_change_words,
    .n = N_OF(clock_change_words),
};

static const char *const clock_subject_words[] = {
    [CLOCK_SUBJECT_CASE - 1] = "case",
    [CLOCK_SUBJECT_CHILD - 1] = "child",
    [CLOCK_SUBJECT_EPISODE - 1] = "episode",
    [CLOCK_SUBJECT_NOTIFICATION - 1] = "notification",
    [CLOCK_SUBJECT_WORKER - 1] = "worker",
    [CLOCK_SUBJECT_HANDOVER - 1] = "handover",
    [CLOCK_SUBJECT_SERVICE - 1] = "service",
};

const struct codes codes_clock_subject = {
    .name = "clock_subject",
    .words = clock_subject_words,
    .n = N_OF(clock_subject_words),
};

static const char *const episode_state_words[] = {
    [EPISODE_MISSING - 1] = "missing",
    [EPISODE_FOUND - 1] = "found",
    [EPISODE_DONE - 1] = "done",
    [EPISODE_CANCELLED - 1] = "cancelled",
    [EPISODE_CLOSED - 1] = "closed",
};

const struct codes codes_episode_state = {
    .name = "episode_state",
    .words = episode_state_words,
    .n = N_OF(episode_state_words),
};

static const char *const rhi_state_words[] = {
    [RHI_DUE - 1] = "due",
    [RHI_OFFERED - 1] = "offered",
    [RHI_ACCEPTED - 1] = "accepted",
    [RHI_DECLINED - 1] = "declined",
    [RHI_HELD - 1] = "held",
    [RHI_VOID - 1] = "void",
};

const struct codes codes_rhi_state = {
    .name = "rhi_state",
    .words = rhi_state_words,
    .n = N_OF(rhi_state_words),
};

static const char *const staff_role_words[] = {
    [ROLE_WORKER - 1] = "worker",
    [ROLE_UNIT_LEADER - 1] = "unit_leader",
    [ROLE_DISTRICT_MANAGER - 1] = "district_manager",
    [ROLE_HEAD_OF_SERVICE - 1] = "head_of_service",
    [ROLE_SCREENER - 1] = "screener",
    [ROLE_MASH_MANAGER - 1] = "mash_manager",
    [ROLE_DUTY - 1] = "duty",
    [ROLE_CAF_OFFICER - 1] = "caf_officer",
    [ROLE_ANALYST - 1] = "analyst",
    [ROLE_DPO - 1] = "dpo",
};

const struct codes codes_staff_role = {
    .name = "staff_role",
    .words = staff_role_words,
    .n = N_OF(staff_role_words),
};

const struct codes codes_alert_role = {
    .name = "alert_role",
    .words = staff_role_words,
    .n = ROLE_CAF_OFFICER,
};

static const char *const age_band_words[] = {
    [AGE_0_4 - 1] = "0-4",
    [AGE_5_10 - 1] = "5-10",
    [AGE_11_15 - 1] = "11-15",
    [AGE_16_UP - 1] = "16+",
    [AGE_UNKNOWN - 1] = "unknown",
    [AGE_UNBORN - 1] = "unborn",
};

const struct codes codes_age_band = {
    .name = "age_band",
    .words = age_band_words,
    .n = N_OF(age_band_words),
};

static const char *const rag_words[] = {
    [RAG_RED - 1] = "red",
    [RAG_AMBER - 1] = "amber",
    [RAG_GREEN - 1] = "green",
    [RAG_BLUE - 1] = "blue",
};

const struct codes codes_rag = {
    .name = "rag",
    .words = rag_words,
    .n = N_OF(rag_words),
};

static const char *const queue_words[] = {
    [QUEUE_SCREENING - 1] = "screening",
    [QUEUE_CONSULTATION - 1] = "consultation",
    [QUEUE_MATCH - 1] = "match",
};

const struct codes codes_queue = {
    .name = "queue",
    .words = queue_words,
    .n = N_OF(queue_words),
};

static const char *const config_kind_words[] = {
    [CONFIG_PROFILE - 1] = "profile",
    [CONFIG_STAFF - 1] = "staff",
    [CONFIG_CALENDAR - 1] = "calendar",
    [CONFIG_AGENCIES - 1] = "agencies",
};

const struct codes codes_config_kind = {
    .name = "config_kind",
    .words = config_kind_words,
    .n = N_OF(config_kind_words),
};

static const char *const discipline_words[] = {
    [DISCIPLINE_3A - 1] = "3A",
    [DISCIPLINE_3B - 1] = "3B",
    [DISCIPLINE_3C - 1] = "3C",
    [DISCIPLINE_3D - 1] = "3D",
    [DISCIPLINE_3E - 1] = "3E",
    [DISCIPLINE_3F - 1] = "3F",
};

const struct codes codes_discipline = {
    .name = "discipline",
    .words = discipline_words,
    .n = N_OF(discipline_words),
};

static const char *const who_words[] = {
    [WHO_FAMILY - 1] = "1A",
    [WHO_ACQUAINTANCE - 1] = "1B",
    [WHO_SELF - 1] = "1C",
    [WHO_OTHER - 1] = "1D",
};

const struct codes codes_who = {
    .name = "who",
    .words = who_words,
    .n = N_OF(who_words),
};

static const char *const programme_stage_words[] = {
    [PROGRAMME_IDENTIFIED - 1] = "identified",
    [PROGRAMME_ENGAGED - 1] = "engaged",
    [PROGRAMME_CLAIMED - 1] = "claimed",
};

const struct codes codes_programme_stage = {
    .name = "programme_stage",
    .words = programme_stage_words,
    .n = N_OF(programme_stage_words),
};

static const char *const answer_words[] = {
    [ANSWER_OUTCOME - 1] = "outcome",
    [ANSWER_BEING_HELPED - 1] = "being_helped",
    [ANSWER_NO_FURTHER_ACTION - 1] = "no_further_action",
    [ANSWER_NEXT_STEPS - 1] = "next_steps",
    [ANSWER_RECEIVED - 1] = "received",
    [ANSWER_WITHHELD - 1] = "withheld",
    [ANSWER_REFUSED - 1] = "refused",
};

const struct codes codes_answer = {
    .name = "answer",
    .words = answer_words,
    .n = N_OF(answer_words),
};

int
outcome_rank(int outcome)
{
    if (outcome < OUTCOME_NFA || outcome > OUTCOME_STRATEGY_DISCUSSION)
        return -1;
    return outcome - OUTCOME_NFA;
}
