// Names, messages and descriptions come from elsewhere: in markdown they stand as the text that they are.

/** What markdown, its links and the icons of VS Code could take for theirs. A bare address would be made a link that swallows what follows. */
const SPECIAL = /[\\`*_{}[\]()#+\-.!~|<>&$:@]/g;

/** The text for a place in the middle of markdown. `appendText` of VS Code lets addresses become links, and shows the escapes in them. */
export function plain(text: string): string {
  return text
    .replace(SPECIAL, (letter) => `&#${letter.charCodeAt(0)};`)
    .replace(/^[ \t]+/gm, '')
    .replace(/\r?\n/g, '\n\n');
}

/** A sentence begins with a capital; messages of the server begin as they would behind a colon. */
export function sentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
