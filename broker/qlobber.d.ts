/** The part of qlobber (the topic matcher of aedes and mqemitter) that we use; it ships no types. */
declare module 'qlobber' {
  export class Qlobber<T> {
    constructor(options: {
      separator: string;
      wildcard_one: string;
      wildcard_some: string;
      match_empty_levels: boolean;
    });
    add(filter: string, value: T): this;
    remove(filter: string, value?: T): this;
    match(topic: string): T[];
    test(topic: string, value: T): boolean;
  }
}
