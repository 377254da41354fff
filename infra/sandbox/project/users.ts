/** A user as PostHog shows one beside what they made. */
export type User = {
  id: number;
  uuid: string;
  distinct_id: string;
  first_name: string;
  last_name: string;
  email: string;
  is_email_verified: boolean;
  hedgehog_config: null;
  role_at_organization: null;
};

/** Whose a key is, as the options of a sandbox say it. */
export type Owner = Pick<User, "id" | "first_name" | "email">;

export function userFrom({ id, first_name, email }: Owner): User {
  return {
    id,
    uuid: `00000000-0000-4000-8000-${String(id).padStart(12, "0")}`,
    distinct_id: id === 1 ? "sandbox-user" : `sandbox-user-${id}`,
    first_name,
    last_name: "",
    email,
    is_email_verified: true,
    hedgehog_config: null,
    role_at_organization: null,
  };
}

/** Who writes with a key that says nothing of its owner. */
export const sandboxUser = userFrom({ id: 1, first_name: "Sandbox", email: "sandbox@localhost.example" });
