/** `npm run test:long` tries more of the same: this says how much. */
const isLong = process.env.HEADGATE_LONG !== undefined;

/** Whether a test may take a quarter of a minute: in a long run, and where everything has to be tried. */
export const isThorough = isLong || process.env.CI !== undefined;

/** So many cases in every run of the tests, so many in a long one. */
export const cases = (usual: number, long: number): number => (isLong ? long : usual);
