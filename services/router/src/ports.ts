/** Says what time it is. */
export type Clock = () => Date;
