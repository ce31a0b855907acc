"""What a snapshot becomes for other programs: spreadsheets, bills of materials, catalogs of portals."""
