"""Croissant metadata: a data set described for machines, as JSON-LD."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ionlake.catalog.package.about import About
from ionlake.catalog.package.tables import PackagedColumn, PackagedTable

CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.0"

_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES: Final = {
    "VARCHAR": "sc:Text",
    "INTEGER": "sc:Integer",
    "BIGINT": "sc:Integer",
    "DOUBLE": "sc:Float",
    "BOOLEAN": "sc:Boolean",
    "TIMESTAMP": "sc:DateTime",
}


def croissant(
    about: About, tables: Sequence[PackagedTable], digests: Mapping[str, str]
) -> dict[str, Any]:
    """Metadata of a package in the Croissant format 1.0.

    Args:
        about: Title, authors and the like.
        tables: The tables.
        digests: SHA-256 of each Parquet file, by its path in the package.

    References:
        Croissant Format Specification 1.0, MLCommons.
    """
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": about.name,
        "alternateName": about.title,
        "description": about.description,
        "version": about.version,
        "datePublished": about.date,
        "creator": [{"@type": "sc:Person", "name": author} for author in about.authors],
        "license": list(about.licences),
        "keywords": list(about.keywords),
        "citeAs": about.cite_as,
        "url": about.url,
        "distribution": [_file(table, digests) for table in tables],
        "recordSet": [_record_set(table) for table in tables],
    }


def parquet_path(table: PackagedTable) -> str:
    """Where a table lies in the package."""
    return f"data/{table.name}.parquet"


def _file(table: PackagedTable, digests: Mapping[str, str]) -> dict[str, Any]:
    path = parquet_path(table)
    return {
        "@type": "cr:FileObject",
        "@id": f"{table.name}.parquet",
        "name": f"{table.name}.parquet",
        "description": table.comment,
        "contentUrl": path,
        "encodingFormat": "application/x-parquet",
        "sha256": digests[path],
    }


def _record_set(table: PackagedTable) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.comment,
        "field": [_field(table, column) for column in table.columns],
    }


def _field(table: PackagedTable, column: PackagedColumn) -> dict[str, Any]:
    scalar = column.dtype.removesuffix("[]")
    return {
        "@type": "cr:Field",
        "@id": f"{table.name}/{column.name}",
        "name": column.name,
        "description": column.comment,
        "dataType": _TYPES.get(scalar, "sc:Text"),
        **({"repeated": True} if scalar != column.dtype else {}),
        "source": {
            "fileObject": {"@id": f"{table.name}.parquet"},
            "extract": {"column": column.name},
        },
    }
