#ifndef RK_HOLD_H
#define RK_HOLD_H

/*
 * Why ringgate holds an override: the formats of all reasons.  A test compares them with the section REASONS of ringgate(1), and
 * looks for a case of each.
 */

/* The record and its service */
#define RK_HOLD_ONLY "the gate was asked only for the service %s"
#define RK_HOLD_SERVICE "service \"%s\" not found in the catalogue"
#define RK_HOLD_CHART "chart \"%s\" of the service %s not found in the catalogue"
#define RK_HOLD_PATTERNS "missing ga-version or ga-tag in the catalogue for the service %s"
#define RK_HOLD_TOGETHER "%s (%s), which is cleared together with it, is held: %s"
#define RK_HOLD_REFUSED "another override of the tenant was refused: %s"

/* The commit that the tenant runs */
#define RK_HOLD_NO_COMMIT "no commit in the image's tag (template in the catalogue: \"%s\")"
#define RK_HOLD_DEPLOYED "deployed commit not found in the repository of %s%s%s%s: %s"
#define RK_HOLD_SHORT "cannot tell which commit %s is: fetch refs/pull/*/head, because neither the branch %s nor the head of its pull request is here"
#define RK_HOLD_BUMPED "the tag was written over, and neither the branch %s nor its merged pull request is here"
#define RK_HOLD_NOT_OF_RING "commit %s is not in the ring %s, its pull request or its merge"
#define RK_HOLD_AMBIGUOUS "%s is ambiguous: several commits of the ring %s start with it; give more digits"
#define RK_HOLD_NOT_CONTAINED "the GA commit %.12s does not contain %.12s"
#define RK_HOLD_UNSURE "cannot tell whether the GA commit %.12s contains %.12s: %s"
#define RK_HOLD_PULL_HEAD "head %.12s of the merged pull request not found (fetch refs/pull/*/head)"
#define RK_HOLD_PULL_MERGE "merge commit %.12s of %s not found (git fetch)"

/* The version of the chart, in the manifest */
#define RK_HOLD_NO_REVISION "no targetRevision in the manifest: what it deploys may change"
#define RK_HOLD_SOURCE "the version of the chart is not known: %s"
#define RK_HOLD_TEMPLATE "the repoURL of the source is a template"
#define RK_HOLD_FLUX_OBJECT "the version of a chart in a Flux object %s is not in the HelmRelease"
#define RK_HOLD_NO_REPOSITORY "there is no GitRepository \"%s\" in the file of the HelmRelease: its branch is not known"
#define RK_HOLD_REPOSITORIES "several objects in the file are the GitRepository \"%s\""
#define RK_HOLD_STRATEGY "without reconcileStrategy: Revision, Flux takes a change of the chart only with a new version"
#define RK_HOLD_DEPENDENCY "%s does not have one dependency \"%s\""
#define RK_HOLD_LOCAL "%s: the dependency is not from a chart repository, so its version does not say what is deployed"

/* The version of the chart, in the charts' repository */
#define RK_HOLD_LONG "the targetRevision is longer than %d bytes"
#define RK_HOLD_NO_CHARTS "no GA commit in the targetRevision \"%s\", and no charts to search (--charts)"
#define RK_HOLD_NO_INDEX "the targetRevision \"%s\" is a range of versions, and there is no list of the published ones (--index)"
#define RK_HOLD_RANGE "the targetRevision \"%s\" %s"
#define RK_HOLD_RANGE_INVALID "is not a version, and not a range that Helm can read"
#define RK_HOLD_RANGE_NONE "is a range that no published version satisfies"
#define RK_HOLD_RANGE_BUILDS "is a range whose highest version, %s, is there with several builds"
#define RK_HOLD_RANGE_READINGS "is a range that Helm, Argo CD and Flux read differently: as %s, or as %s"
#define RK_HOLD_PARTIAL "the targetRevision \"%s\" is not a whole version: Argo CD and Flux read it differently"
#define RK_HOLD_NO_VERSION "the targetRevision \"%s\" is not a version: what it deploys may change"
#define RK_HOLD_NOT_FOUND "revision \"%s\" not found in the charts' repository (git fetch --tags)"
#define RK_HOLD_NO_ORIGIN "the targetRevision \"%s\" is of a Git repository, and the charts' repository has no remote \"origin\""
#define RK_HOLD_OTHER_ORIGIN "the source %s is not the charts' repository, whose origin is %s"
#define RK_HOLD_OTHER_PATH "the source has the chart at \"%s\", the catalogue at \"%s\""
#define RK_HOLD_NO_BRANCH "\"%s\" is not a branch or tag in the charts' repository (git fetch origin)"
#define RK_HOLD_BOTH "\"%s\" is both a branch and a tag in the charts' repository"
#define RK_HOLD_RANGE_OR_NAME "\"%s\" is a range of versions, and the name of a branch or tag in the charts' repository"
#define RK_HOLD_CHARTS_COMMIT "the charts' commit %s is not known: %s"

/* The tag that a clear gives back */
#define RK_HOLD_BELOW "a clear gives back the image of %s, which was taken over: clear that ring first"
#define RK_HOLD_NO_GA_TAG "a clear gives back the tag \"%s\", and there is no ga-tag in the catalogue for the service %s"
#define RK_HOLD_NOT_BUMPED "a clear gives back the tag \"%s\", which has not been changed since (mkpatch --remove --to): %s"

/* The values that the ring has brought */
#define RK_HOLD_VALUE "the chart does not have %s: %s"
#define RK_HOLD_VALUE_BACK "a clear gives back %s: %s, and the ring has %s"
#define RK_HOLD_VALUE_ITEMS "the tenant has a list of its own at %s, and a clear takes away %s"
#define RK_HOLD_VALUE_UNKNOWN "cannot tell whether the chart has %s: %s: %s"
#define RK_HOLD_NOT_GIVEN "there are no charts to search (--charts)"
#define RK_HOLD_ALONE "the version of the chart %s, which is deployed by itself, does not say what values it has"
#define RK_HOLD_IMPORT "the dependency \"%s\" has import-values, which are not followed"

/* The GA commit */
#define RK_HOLD_BY_ITSELF "no GA commit in the targetRevision \"%s\", the version of the chart %s, which is deployed by itself"
#define RK_HOLD_UMBRELLA "the umbrella at %s: %s"
#define RK_HOLD_NO_DEPENDENCY "dependency \"%s\" not found in the umbrella chart"
#define RK_HOLD_DEPENDENCIES "several dependencies \"%s\" in the umbrella chart"
#define RK_HOLD_NOT_A_STRING "%.*sChart.yaml: the version of the dependency \"%s\" is not a string"
#define RK_HOLD_LOCK "%s does not fit the dependency \"%s\" of Chart.yaml (helm dependency update)"
#define RK_HOLD_VENDORED "the dependency \"%s\" has no repository: it is vendored in charts"
#define RK_HOLD_PACKAGE "the dependency \"%s\" is vendored, as %s"
#define RK_HOLD_OTHER_VERSION "the dependency \"%s\" is vendored in another version, in %s"
#define RK_HOLD_DEPENDENCY_RANGE "the version of the dependency \"%s\" in the umbrella chart is a range: \"%s\""
#define RK_HOLD_DIGEST "the umbrella's values have a digest at %s, which takes precedence over the tag"
#define RK_HOLD_NUMBER "the umbrella's value at %s is not a string (quote it)"
#define RK_HOLD_REFERENCE "the umbrella's value at %s, \"%s\", has no tag, or a digest"
#define RK_HOLD_TWO_TAGS "the umbrella's values have two tags for the image of %s: \"%s\" and \"%s\""
#define RK_HOLD_NO_TAG "the umbrella's values have no tag at %s"
#define RK_HOLD_NO_GA "no GA commit in the %s \"%s\" (pattern in the catalogue: %s)"
#define RK_HOLD_GA_UNKNOWN "GA commit of the %s \"%s\" not found in the service's repository: %s"

#endif
