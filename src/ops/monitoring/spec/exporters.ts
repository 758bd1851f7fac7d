import { choice, optIn, secret, section, text } from "./parts.ts";

export const exporters = section("Vendors that get the metrics as well.", {
  cloudwatch: optIn("Amazon CloudWatch. Credentials come from the machine, as for every AWS client.", {
    region: text("AWS region.", "us-west-2", "^[a-z]{2}(-[a-z]+)+-[0-9]$"),
    namespace: text("Namespace of the metrics.", "Lighthouse/Production", "^[A-Za-z0-9_./#:-]{1,255}$"),
  }),
  datadog: optIn("Datadog.", {
    api_key: secret("API key.", "DATADOG_API_KEY"),
    site: choice(
      "Datadog site.",
      ["datadoghq.com", "datadoghq.eu", "us3.datadoghq.com", "us5.datadoghq.com", "ap1.datadoghq.com", "ddog-gov.com"],
      "datadoghq.com",
    ),
  }),
  newrelic: optIn("New Relic.", {
    license_key: secret("License key.", "NEW_RELIC_LICENSE_KEY"),
    app_name: text("Name of the bridge there.", "Lighthouse-Elicitation"),
    region: choice("Data centre.", ["us", "eu"], "us"),
  }),
});
