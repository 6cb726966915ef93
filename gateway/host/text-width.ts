/** How wide a text is on a terminal. Pure. */

/** In columns of a terminal: Chinese characters and full-width signs take two. */
export const widthOf = (text: string): number => {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
};

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;

/** No wider than `most` columns; what is cut off is an ellipsis. */
export function cutTo(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  let [cut, width] = ['', 0];
  for (const character of text) {
    width += widthOf(character);
    if (width > most - 1) break;
    cut += character;
  }
  return most < 1 ? '' : `${cut}…`;
}

/** With blanks behind it to `width` columns. */
export const padTo = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - widthOf(text)));
