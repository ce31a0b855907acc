"""Tables that tools print about containers, pods, images and nodes, read into rows.

Nothing here knows what a row is about: that is said by whoever has the catalog, or makes records of the rows.
"""

from rkedoc.listing.listing import Listing, Unread, read
from rkedoc.listing.row import ListingRow, Unreadable

__all__ = ["Listing", "ListingRow", "Unread", "Unreadable", "read"]
