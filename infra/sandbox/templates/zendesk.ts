import { destination, input, onEvents, personEmail, required, secret } from "./define.ts";

/** PostHog's code looks at no status here: what Zendesk refuses counts as sent. */
export const zendesk = destination({
  id: "template-zendesk",
  name: "Zendesk",
  description: "Creates or updates a user in Zendesk",
  category: ["Customer Success"],
  status: "beta",
  filters: onEvents("$identify", "$set"),
  code: `
if (empty(inputs.email) or empty(inputs.name)) {
  print('No email or no name: nothing was sent')
  return
}

let fields := {}
for (let key, value in inputs.attributes) {
  if (not empty(value) and key != 'email' and key != 'name') {
    fields[key] := value
  }
}
let login := base64Encode(f'{inputs.admin_email}/token:{inputs.token}')

fetch(f'https://{inputs.subdomain}.zendesk.com/api/v2/users/create_or_update', {
  'method': 'POST',
  'headers': {'Authorization': f'Basic {login}', 'Content-Type': 'application/json'},
  'body': {
    'user': {'email': inputs.email, 'name': inputs.name, 'skip_verify_email': true, 'user_fields': fields}
  }
})`,
  inputs_schema: [
    input("subdomain", "string", "Subdomain", required),
    input("admin_email", "string", "Email of the API's user", secret),
    input("token", "string", "API token", secret),
    input("email", "string", "Email", personEmail),
    input("name", "string", "Name", { ...required, default: "{person.properties.name}" }),
    input("attributes", "dictionary", "Fields", {
      default: { phone: "{person.properties.phone}", plan: "{person.properties.plan}" },
    }),
  ],
});
