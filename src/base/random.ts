// Randomness as a port: jitter and spread take a Random, so that tests decide what it answers. Not for secrets.

/** A number from 0 up to, but not including, 1. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
