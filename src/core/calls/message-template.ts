/** Merge fields as in `{FIRST_NAME}`: letters, digits and underscores between braces, not starting with a digit. */
const FIELD = /\{([A-Za-z][A-Za-z0-9_]*)\}/g;

/** The text with every field replaced by its value, and the names of fields that have no value, each once. */
export function fillTemplate(
  template: string,
  variables: Readonly<Record<string, string>>,
): { text: string; missing: string[] } {
  const missing = new Set<string>();
  const text = template.replace(FIELD, (field, name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value === undefined) missing.add(name);
    return value ?? field;
  });
  return { text, missing: [...missing] };
}
