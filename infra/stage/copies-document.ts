/** Which copies services have while their stage runs. Who asks them is told at its start, and looks here when it is asked what it knows. */
import Type, { type Static } from 'typebox'
import { Copies, Name } from './app-document.ts'

/** By the names of services. */
export const CopiesDocument = Type.Record(Name, Copies)
export type CopiesDocument = Static<typeof CopiesDocument>

/** Where a caller says which copies it asks. */
export const COPIES_PATH = '/health/copies'
