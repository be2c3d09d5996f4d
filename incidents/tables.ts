import type { Breach, IncidentStatus, Severity } from '#model';

/**
 * Who ended an incident: the sensor's clear, a person, a stated time without an answer, or the desk, because
 * another incident turned out to be the cause.
 */
export type ClosedBy = 'sensor' | 'operator' | 'timeout' | 'merged';

export type LinkKind = 'breach' | 'report' | 'operator';

/**
 * Tables of the desk. Ids are texts, zero-padded, so that their order is the order of filing.
 * Times are epoch ms: of the event in `breach`, of the server everywhere else.
 */
export interface IncidentTables {
  /** Counters that run without gaps in the caller's transaction, on any database. */
  sequence: { name: string; value: number };
  /** A fault in the world. */
  incident: {
    id: string;
    /** What people call it, such as INC-000061. */
    ref: string;
    category: string;
    /** The category's problem group. */
    problem: string;
    /** `problem:asset`; null as long as only citizens told of it and no asset is known. */
    subject: string | null;
    status: IncidentStatus;
    severity: Severity;
    lat: number;
    lon: number;
    district: string;
    zone: string;
    agency: string;
    created_at: number;
    updated_at: number;
    closed_at: number | null;
    closed_by: ClosedBy | null;
    /** The incident that explains this one, which goes its own way all the same. */
    parent: string | null;
    /** Where its breach went, when it was closed as merged. */
    merged_into: string | null;
    /** 1 while nothing is known any more of what all its open breaches look at. */
    unverified: number;
  };
  /** The assets that an incident touches, each with the problem it has there: its footprint. */
  incident_asset: {
    incident: string;
    asset: string;
    problem: string;
    kind: string;
    lat: number;
    lon: number;
  };
  /** Why something belongs to an incident. Append-only: undoing sets `detached_at`, nothing is deleted. */
  incident_link: {
    incident: string;
    kind: LinkKind;
    /** Id of the breach or report. */
    source: string;
    /** 0 to 1, how sure the match is; null for what opened the incident. */
    score: number | null;
    reasons: string;
    /** The rule or the person that attached it. */
    actor: string;
    attached_at: number;
    detached_at: number | null;
  };
  /** What rules saw, also what files nothing and only stands on a work list. */
  breach: {
    id: string;
    fingerprint: string;
    rule: string;
    asset: string;
    kind: string;
    key: string | null;
    severity: Severity;
    respond: Breach['respond'];
    category: string;
    since: number;
    raised_at: number;
    cleared_at: number | null;
    /** JSON object, metric → value. */
    values: string;
    reading: number;
    /** Id of the breach that explains it. */
    parent: string | null;
    /** 0 or 1, as `latch` and `nodata` are. */
    safety: number;
    latch: number;
    /** JSON array, in the order of the model's `breachFlags`. */
    flags: string;
    /** Whether that flag is among them, for the index. */
    nodata: number;
    /** Number of the reading at which the rules last told of it: what is older changes nothing. */
    heard: number;
    /** The incident of its live link; null where nothing was filed. */
    incident: string | null;
  };
  /** What a citizen sent, without who it was. */
  report: {
    id: string;
    category: string;
    lat: number;
    lon: number;
    description: string;
    address: string;
    media: string | null;
    /** As the citizen named it, known to us or not. */
    asset: string | null;
    created_at: number;
  };
  /** Everything that happened to incidents, in the order of `id`; see events.ts. */
  incident_event: {
    id: number;
    incident: string;
    type: string;
    at: number;
    actor: string;
    /** JSON object. */
    body: string;
  };
}
