/** What a shop is set to for the contract, which runs beside other tests on a machine that they leave little breath. */

/** Less than a second is for an idle machine: what lives is silent for longer, and would be cut off from what it works on. */
export const PATIENT_EDGE = 'edgePatienceMs=8000'

/** An app of a shard, and the database servers that it asks, are borne with as well. What is done about one that hangs is for the drills. */
export const PATIENCE: readonly string[] = [PATIENT_EDGE, 'giveUpSilent=off']
