/** PostHog's own alerts, which only the source `internal-events` brings (contract §11.7). */
// biome-ignore format: one line a family
export const INTERNAL_EVENTS: readonly string[] = [
  "$insight_alert_firing", "$error_tracking_issue_created", "$error_tracking_issue_reopened",
  "$error_tracking_issue_spiking", "$logs_alert_firing", "$logs_alert_resolved", "$activity_log_entry_created",
  "$discussion_mention_created", "$early_access_feature_updated",
];

/** The events that PostHog's libraries and PostHog itself send. */
// biome-ignore format: one line a family
export const POSTHOG_EVENTS: readonly string[] = [
  "$pageview", "$pageleave", "$screen", "$autocapture", "$copy_autocapture", "$rageclick", "$dead_click", "$heatmap",
  "$identify", "$create_alias", "$merge_dangerously", "$groupidentify", "$set", "$unset", "$opt_in",
  "$exception", "$web_vitals", "$csp_violation", "$feature_flag_called", "$feature_enrollment_update", "$feature_view",
  "$feature_interaction", "$experiment_started", "$session_recording_started",
  "survey shown", "survey sent", "survey dismissed", "survey abandoned",
  "$ai_generation", "$ai_trace", "$ai_span", "$ai_embedding", "$ai_metric", "$ai_feedback",
  "Application Installed", "Application Updated", "Application Opened", "Application Became Active",
  "Application Backgrounded", "Deep Link Opened", "Push Notification Tapped",
  ...INTERNAL_EVENTS,
];
