/** People who are called together: all their phones ring, and whoever picks up first has the call. */
export interface Group {
  id: string;
  name: string;
  /** Ids of users, in their order. */
  members: string[];
  createdAt: Date;
  updatedAt: Date;
}
