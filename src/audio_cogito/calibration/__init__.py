"""How much of what is wrong an auditor finds: `planting` puts errors into accepted chains, `calibrate` asks and counts,
`auditing` opens a run for it and prints the table; `words` are those that the errors are made of."""
