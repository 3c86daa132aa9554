"""Grading what models said to a benchmark's questions, by the published rules, and saying how sure a number is.

`string_match` is the rule of MMAR and MMAU, `predictions` reads the official files, `rubrics` asks a judge as the
Interspeech 2026 Audio Reasoning Challenge does, `scores` averages, `tables` prints, `comparison` and `agreement` hold
two runs beside each other. Nothing here defaults to a number: what has no score is `missing` or `unscored`.
"""
