/** Why a token is refused. The reason is one of a fixed list, and goes to the log alone. */
export class Refusal extends Error {
  constructor(reason) {
    super(reason);
    this.name = 'Refusal';
    this.reason = reason;
  }
}
