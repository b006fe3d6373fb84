-- An outbox of before there were traces.
ALTER TABLE outbox ADD COLUMN traceparent CHAR(55) CHARACTER SET ascii COLLATE ascii_bin NULL;
