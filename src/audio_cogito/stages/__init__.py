"""The stages of the road, one file each: collect, select, construct (or pose), think, verify,
export.

A stage is a plain async function that returns one entry for each thing it tried to make (a record, a `Drop` or a
`Failure`), never none. What it needs comes by keyword; its `Settings` stand beside it. It knows neither recipe nor run.
"""
