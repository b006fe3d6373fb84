/** Of the entries' ports, 400N: in a file that is read before anything runs there is no other. */
export const PORT_BASE = 4_000
