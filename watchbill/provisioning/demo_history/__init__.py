"""Three months that the demo's people have behind them, told at once.

`signals`: what can go wrong; `story`: when it did, and who did what about it; `living`: what the machine of
the engine makes of that; `writing`: the rows of it. Lived message by message it would take a minute.
"""
