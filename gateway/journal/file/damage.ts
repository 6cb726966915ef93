/** What is in the journal's file is not what a journal can hold. */
export class Damage extends Error {
  override readonly name = 'Damage';
}
