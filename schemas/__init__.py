"""The contracts between the rooms, as data: the directive table, the IR, the manifest. Imports no other room."""
