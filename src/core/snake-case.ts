/** How documents and errors spell what the code calls `friendHeadline`: `friend_headline`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
