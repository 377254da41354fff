import { destination, input, required } from "./define.ts";

/** Hidden: a step of PostHog's workflows, which no function may be made from (contract §1.12). It cannot send here. */
export const email = destination({
  id: "template-email",
  name: "Email",
  description: "Sends an email with PostHog's own service",
  category: ["Custom"],
  icon_url: "/static/posthog-icon.svg",
  status: "hidden",
  code: `
let sent := sendEmail(inputs.email)
if (not sent.success) {
  throw Error(f'The email was not sent: {sent.error}')
}`,
  inputs_schema: [input("email", "native_email", "Email", { ...required, integration: "email" })],
});
