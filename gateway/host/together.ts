/** Several things that run until they are told to end, and stand or fall together. */

/** Runs all until the signal; the first that fails ends the others, is awaited with them, and is the reason. */
export async function untilOneFails(
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    works.map(async (work) => {
      try {
        await work(either);
      } catch (error) {
        failures.push(error);
        over.abort();
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}
