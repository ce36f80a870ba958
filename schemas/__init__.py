"""The contracts between the rooms, as data: directive table, IR, manifest. Imports no other room."""
