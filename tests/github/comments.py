"""The comments of all pull requests of a repository, as GitHub's REST API lists them."""
from rest import route, show_comment


@route('GET', 'REPO/issues/comments', query=['sort', 'direction', 'since'])
def all_comments(request, found):
    found.need('issues', 'pull_requests')
    key = {'updated': 'updated_at', 'created': 'created_at'}[request.query.get('sort', 'created')]
    chosen = [one for one in found.data['comments'] if one['updated_at'] >= request.query.get('since', '')]
    chosen.sort(key=lambda one: one[key], reverse=request.query.get('direction', 'desc') == 'desc')
    return request.page(chosen, lambda one: show_comment(found, one))
