import { destination, input, off, onEvents, personEmail, required, secret } from "./define.ts";

export const mailchimp = destination({
  id: "template-mailchimp",
  name: "Mailchimp",
  description: "Updates a contact in Mailchimp and subscribes new ones",
  category: ["Email Marketing"],
  status: "beta",
  filters: onEvents("$identify", "$set"),
  code: `
if (empty(inputs.email)) {
  print('No email: nothing was sent')
  return
}

let fields := {}
for (let key, value in inputs.properties) {
  if (not empty(value)) {
    fields[key] := value
  }
}
if (inputs.include_all_properties) {
  for (let key, value in event.properties) {
    if (not empty(value) and not key like '$%') {
      fields[key] := value
    }
  }
}

let member := f'https://{inputs.dataCenterId}.api.mailchimp.com/3.0/lists/{inputs.audienceId}/members/{md5Hex(lower(inputs.email))}'
let headers := {'Authorization': f'Bearer {inputs.apiKey}', 'Content-Type': 'application/json'}

let known := fetch(member, {'method': 'GET', 'headers': headers})
if (known.status >= 400 and known.status != 404) {
  throw Error(f'Mailchimp did not look for the contact: {known.status}: {known.body}')
}

let response := fetch(member, {
  'method': 'PUT',
  'headers': headers,
  'body': {
    'email_address': inputs.email,
    'status_if_new': inputs.doubleOptIn ? 'pending' : 'subscribed',
    'merge_fields': fields
  }
})
if (response.status >= 400) {
  throw Error(f'Mailchimp did not take the contact: {response.status}: {response.body}')
}`,
  inputs_schema: [
    input("apiKey", "string", "API key", secret),
    input("audienceId", "string", "Audience ID", required),
    input("dataCenterId", "string", "Data center ID", required),
    input("email", "string", "Email", personEmail),
    input("doubleOptIn", "boolean", "Double opt-in", off),
    input("include_all_properties", "boolean", "All properties of the event", off),
    input("properties", "dictionary", "Merge fields", {
      default: {
        FNAME: "{person.properties.firstname}",
        LNAME: "{person.properties.lastname}",
        COMPANY: "{person.properties.company}",
      },
    }),
  ],
});
