/**
 * The words of a page and of a message. A title is one line that can be read on a locked phone: what, how bad, where.
 * No more than five alerts are written out, so that a page with hundreds stays within Slack's and PagerDuty's limits.
 */
export const template = `{{/* Rendered from monitoring.yaml by \`lighthouse monitoring render\`. Edits here are lost. */}}
{{ define "lighthouse.title" -}}
{{ if eq .CommonLabels.test "true" }}[DRILL] {{ end -}}
[{{ if eq .Status "firing" }}{{ .CommonLabels.severity | toUpper }}{{ else }}RESOLVED{{ end }}] {{ with index .Alerts 0 }}{{ .Annotations.summary }}{{ end -}}
{{ if gt (len .Alerts) 1 }} (and {{ len (slice .Alerts 1) }} more){{ end }} {{ .CommonLabels.environment }}
{{- end }}

{{ define "lighthouse.text" -}}
{{ range $index, $alert := .Alerts }}{{ if lt $index 5 }}{{ if $index }}
{{ end }}{{ .Labels.alertname }} ({{ .Status }}): {{ .Annotations.description }} Runbook: {{ .Annotations.runbook_url }}{{ end }}{{ end }}
{{- end }}
`;
