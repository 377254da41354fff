import { destination, input, required, secret } from "./define.ts";

export const airtable = destination({
  id: "template-airtable",
  name: "Airtable",
  description: "Adds a record to a table of Airtable",
  category: ["Custom"],
  status: "beta",
  code: `
let url := f'https://api.airtable.com/v0/{inputs.base_id}/{inputs.table_name}'
let request := {
  'method': 'POST',
  'headers': {'Authorization': f'Bearer {inputs.access_token}', 'Content-Type': 'application/json'},
  'body': {'fields': inputs.fields, 'typecast': true}
}
if (inputs.debug) {
  print('Request', url, request)
}

let response := fetch(url, request)

if (inputs.debug) {
  print('Response', response.status, response.body)
}
if (response.status >= 400) {
  throw Error(f'Airtable did not take the record: {response.status}: {response.body}')
}`,
  inputs_schema: [
    input("access_token", "string", "Access token", secret),
    input("base_id", "string", "Base ID", required),
    input("table_name", "string", "Table", required),
    input("fields", "json", "Fields", {
      ...required,
      default: { Timestamp: "{event.timestamp}", "Person Name": "{person.name}" },
    }),
    input("debug", "boolean", "Log responses", { default: false }),
  ],
});
