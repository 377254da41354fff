import { destination, input, required, secret } from "./define.ts";

export const twilio = destination({
  id: "template-twilio",
  name: "Twilio",
  description: "Sends an SMS with Twilio",
  category: ["Custom"],
  status: "beta",
  code: `
let text := f'{inputs.smsBody} - Event: {event.event} at {toDate(event.timestamp)}'
let form := f'To={encodeURLComponent(inputs.phoneNumber)}&From={encodeURLComponent(inputs.fromPhoneNumber)}&Body={encodeURLComponent(text)}'

let response := fetch(f'https://api.twilio.com/2010-04-01/Accounts/{inputs.accountSid}/Messages.json', {
  'method': 'POST',
  'headers': {
    'Authorization': f'Basic {base64Encode(f'{inputs.accountSid}:{inputs.authToken}')}',
    'Content-Type': 'application/x-www-form-urlencoded'
  },
  'body': form
})
if (response.status < 200 or response.status >= 300) {
  throw Error(f'Twilio did not take the message: {response.status}: {response.body}')
}`,
  inputs_schema: [
    input("accountSid", "string", "Account SID", required),
    input("authToken", "string", "Auth token", secret),
    input("fromPhoneNumber", "string", "From", required),
    input("phoneNumber", "string", "To", required),
    input("smsBody", "string", "Text", {
      ...required,
      default: "Event Notification: {event.event} occurred.",
    }),
  ],
});
